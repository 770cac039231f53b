"""The attacker: an employee who has got hold of every role at once."""

import pytest

from ensomhed.models import User


@pytest.fixture
def insider(committed, appoint) -> User:
    """Anna works in the ministry and sits in every group, whatever the rules about it say."""
    anna = User(username="anna", first_name="Anna", last_name="Bruun", job_title="Fuldmægtig", is_staff=True, is_demo=True)
    anna.set_password("ensomhed-demo")
    anna.save()
    return appoint(anna)
