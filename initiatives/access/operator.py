"""The first roles of an installation: given by the operator, with the owner's credential, since nobody is there yet to decide. PostgreSQL writes them down and refuses conflicts as always."""

from django.db import DatabaseError, connections

from ensomhed.models import User
from ledger.refusals import translated

GIVE = """
    INSERT INTO ensomhed_user_groups (user_id, group_id) SELECT %s, g.id FROM auth_group g
    WHERE g.name = ANY(%s) AND NOT EXISTS (SELECT 1 FROM ensomhed_user_groups m WHERE m.user_id = %s AND m.group_id = g.id)
"""


def appoint(person: User, *roles: str) -> int:
    """Gives a person these roles and answers with how many were new. Raises LedgerError when one person would hold two ends of a payment."""
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute(GIVE, [person.pk, list(roles), person.pk])
            return int(cursor.rowcount)
    except DatabaseError as trouble:
        refusal = translated(trouble)
        if refusal is None:
            raise
        raise refusal from trouble
    finally:
        connections["owner"].close()
