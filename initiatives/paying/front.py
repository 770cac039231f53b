"""What the front page says of payments: lines that do not agree, what the bank returned, and what waits to leave."""

from typing import Any

from ensomhed.models import User
from initiatives import rights
from initiatives.paying import files, findings


def unexplained(user: User) -> dict[str, Any]:
    """The red lines for whoever reads the books; what the bank returned for whoever reverses it; what is ready for whoever releases it."""
    reverses = user.may(rights.REGISTER)
    return {
        "unexplained": findings.unexplained(),
        "returned": findings.returned() if reverses else [],
        "may_reverse": reverses,
        "may_reconcile": user.may(rights.RECONCILE),
        "to_release": sum(not payment.held for payment in files.waiting_to_leave()) if user.may(rights.RELEASE) else 0,
    }
