"""Roles as they are really given: Adam proposes them and Mette approves."""

import uuid

from django.contrib.auth.models import Group

from ensomhed.models import User
from initiatives.access import roles
from initiatives.control import proposals


def appointed(person: User, *names: str) -> User:
    """The person in exactly these roles, which must go together."""
    adam, mette = (User.objects.get(username=name) for name in ("adam", "mette"))
    proposal = roles.propose(adam, person, list(Group.objects.filter(name__in=names)), reason="Nyt arbejde", key=uuid.uuid4())
    proposals.approve(mette, proposal, key=uuid.uuid4())
    assert set(person.groups.values_list("name", flat=True)) == set(names)
    return User.objects.get(pk=person.pk)
