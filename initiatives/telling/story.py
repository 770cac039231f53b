"""The story's deeds with cases: a grantee objects, somebody answers. Found again by their keys, which are made from their names."""

import uuid
from typing import TYPE_CHECKING

from initiatives.models import Case, Earmark
from initiatives.telling import cases

if TYPE_CHECKING:
    from initiatives.story import Line, Story


def _object(story: "Story", line: "Line") -> None:
    """dag person indsigelse POSTERING "hvad der er galt" som NAVN"""
    transfer = story.transfer(line.words[0])
    earmark = Earmark.objects.select_related("grantee").get(grantee_account__in=[transfer.debit_account_id, transfer.credit_account_id])
    cases.raise_case(line.by, earmark.grantee, text=line.words[1], transfer=transfer, key=line.key)


def _answer(story: "Story", line: "Line") -> None:
    """dag person besvar NAVN "svaret", som lukker indsigelsen"""
    case = Case.objects.get(key=_key(line.words[0]))
    cases.close(line.by, case, answer=line.words[1], key=line.key)


def _key(name: str) -> uuid.UUID:
    from initiatives.story import NAMESPACE

    return uuid.uuid5(NAMESPACE, f"indsigelse {name}")


DEEDS = {"indsigelse": _object, "besvar": _answer}
