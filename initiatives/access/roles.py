"""Giving roles and taking them away. A role is proposed by an access administrator and decided by management; PostgreSQL writes down every change (migrations/0013_access.sql)."""

import uuid

from django.contrib.auth.models import Group
from django.db import DatabaseError, connection
from django.db.models import QuerySet

from ensomhed.models import User
from initiatives import rights
from initiatives.control import proposals
from initiatives.models import Proposal, RoleChange
from ledger import booking
from ledger.refusals import translated


@booking.verb
def propose(by: User, person: User, roles: list[Group], *, reason: str, key: uuid.UUID) -> Proposal:
    """Proposes the roles that a person shall have: all of them, and no other. Raises LedgerError, PermissionDenied."""
    return proposals.propose(by, "role", subject=f"user:{person.pk}", after={"roles": sorted(role.name for role in roles)}, reason=reason, key=key)


@booking.verb
def take_away(by: User, person: User, role: Group | None = None) -> int:
    """Takes one role, or all, from a person at once; answers with how many. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.MANAGE_USERS)
    try:
        with connection.cursor() as cursor:
            # In parentheses: the audit log takes a bare SELECT for reading, and would not say who.
            cursor.execute("(SELECT initiatives_take_roles(%s, %s, %s))", [by.pk, person.pk, role.name if role else None])
            (count,) = cursor.fetchone()
    except DatabaseError as trouble:
        refusal = translated(trouble)
        if refusal is None:
            raise
        raise refusal from trouble
    return int(count)


def waiting_for(person: User) -> Proposal | None:
    """The proposal about this person's roles that waits for its decision."""
    return Proposal.objects.waiting().told().filter(kind="role", subject=f"user:{person.pk}").first()


def history_of(person: User) -> QuerySet[RoleChange]:
    """Every role that this person got or lost, newest first."""
    return person.role_changes.select_related("proposal__proposed_by", "proposal__decision__decided_by", "changed_by")
