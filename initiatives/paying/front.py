"""What the front page says of payments: lines that do not agree, and what the bank returned."""

from typing import Any

from ensomhed.models import User
from initiatives import rights
from initiatives.paying import findings


def unexplained(user: User) -> dict[str, Any]:
    """The red lines for whoever reads the books, and what the bank returned for whoever reverses it."""
    return {"unexplained": findings.unexplained(), "returned": findings.returned() if user.may(rights.REGISTER) else []}
