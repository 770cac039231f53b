"""What an approval writes that PostgreSQL cannot write itself: by kind, in the approval's own transaction. Filled in by initiatives.control.kinds."""

from collections.abc import Callable

from ensomhed.models import User
from initiatives.models import Decision

WRITERS: dict[str, Callable[[User, Decision], None]] = {}
"""writes what belongs to an approval; asked once more about one that has it already, it writes nothing"""
