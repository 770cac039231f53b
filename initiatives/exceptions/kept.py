"""What is asked of every payment there is, and takes long on large books: kept in this process until something newer came that the answer follows from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db import connection
from django.utils import timezone

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    found: T
    at: datetime
    """when it was asked"""


class Kept(Generic[T]):
    """The newest answer to one question."""

    def __init__(self) -> None:
        self._known: tuple[tuple[object, ...], Answer[T]] | None = None

    def told(self, ask: Callable[[], T], *newest: object) -> Answer[T]:
        """The answer; asked anew when what is newest of what it follows from is not what it was."""
        stamp, known = (connection.settings_dict["NAME"], *newest), self._known
        if known is None or known[0] != stamp:
            known = self._known = (stamp, Answer(ask(), timezone.now()))
        return known[1]
