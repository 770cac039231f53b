"""What was decided and by whom. Money is not kept here: a decision points at accounts and transfers of the books, and nothing there points back."""

from initiatives.models.control import Decision, Proposal, ProposalKind, ProposalQuerySet, Verification
from initiatives.models.grants import Agreement, Earmark, EarmarkQuerySet, Frame, Grantee, Initiative, LocalActor
from initiatives.models.paying import Payment
from initiatives.models.vouchers import Voucher

__all__ = [
    "Agreement",
    "Decision",
    "Earmark",
    "EarmarkQuerySet",
    "Frame",
    "Grantee",
    "Initiative",
    "LocalActor",
    "Payment",
    "Proposal",
    "ProposalKind",
    "ProposalQuerySet",
    "Verification",
    "Voucher",
]
