"""Who can take the next step, by name: everybody whose group carries the right, in one query for all the rights that a course asks about."""

from collections.abc import Iterable

from django.db.models import F

from ensomhed.models import User
from initiatives import rights

ASKED = (
    rights.REGISTER, rights.APPROVE, rights.PROPOSE, rights.DECIDE, rights.CHECK_ACCOUNTS, rights.RELEASE, rights.RECONCILE, rights.ANSWER_CASE,
)  # fmt: skip
MOST = 4


class People:
    """Asked once, when somebody is first to be named."""

    def __init__(self) -> None:
        self._holders: dict[str, list[User]] | None = None

    def who(self, right: str, besides: Iterable[int] = ()) -> str:
        """Anders Holm eller Mette Krogh; those whose numbers are given are left out."""
        if self._holders is None:
            codenames = {asked.partition(".")[2]: asked for asked in ASKED}
            found = User.objects.filter(is_active=True, groups__permissions__codename__in=codenames).order_by("first_name", "last_name", "username")
            self._holders = {asked: [] for asked in ASKED}
            for person in found.annotate(codename=F("groups__permissions__codename")):
                held = self._holders[codenames[person.codename]]
                if person not in held:
                    held.append(person)
        left_out = set(besides)
        return one_of([str(person) for person in self._holders[right] if person.pk not in left_out])


def one_of(names: list[str]) -> str:
    """A, B eller C; a long list ends in »en anden med rettigheden«."""
    if len(names) > MOST:
        names = [*names[:MOST], "en anden med rettigheden"]
    return " eller ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names) or "ingen: spørg adgangsadministratoren"
