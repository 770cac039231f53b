"""What was decided and by whom. Money is not kept here: a decision points at accounts and transfers of the books, and nothing there points back."""

from initiatives.models.access import AccessReview, Conflict, RoleChange
from initiatives.models.accounts import AccountsDecision, AccountsReport, AccountsReportQuerySet, AccountsUse
from initiatives.models.bulk import Batch, BatchRow
from initiatives.models.claims import Claim, ClaimMatch, ClaimQuerySet
from initiatives.models.closeout import CloseOut
from initiatives.models.closing import Closing
from initiatives.models.control import Decision, Proposal, ProposalKind, ProposalQuerySet, Verification
from initiatives.models.deadlines import Deadline, DeadlineQuerySet, Receipt, ReceiptQuerySet, ReceiptRejection, Reminder
from initiatives.models.grants import Agreement, Earmark, EarmarkQuerySet, Frame, Grantee, Initiative, LocalActor
from initiatives.models.history import Event
from initiatives.models.paying import BankLine, BankStatement, Payment, PaymentFile, PaymentLine
from initiatives.models.plans import Instalment, InstalmentPayment, Plan
from initiatives.models.rebooking import Rebooking
from initiatives.models.receiving import PaymentBasis, Tie
from initiatives.models.telling import Case, CaseMessage, CaseQuerySet, Delivery, DeliveryAttempt, DeliveryQuerySet, FormerContact, Notice, NoticeQuerySet
from initiatives.models.vouchers import Voucher
from initiatives.models.years import YearFigure, YearProfile

__all__ = [
    "AccessReview",
    "AccountsDecision",
    "AccountsReport",
    "AccountsReportQuerySet",
    "AccountsUse",
    "Agreement",
    "BankLine",
    "BankStatement",
    "Batch",
    "BatchRow",
    "Case",
    "CaseMessage",
    "CaseQuerySet",
    "Claim",
    "ClaimMatch",
    "ClaimQuerySet",
    "CloseOut",
    "Closing",
    "Conflict",
    "Deadline",
    "DeadlineQuerySet",
    "Decision",
    "Delivery",
    "DeliveryAttempt",
    "DeliveryQuerySet",
    "Earmark",
    "EarmarkQuerySet",
    "Event",
    "FormerContact",
    "Frame",
    "Grantee",
    "Initiative",
    "Instalment",
    "InstalmentPayment",
    "LocalActor",
    "Notice",
    "NoticeQuerySet",
    "Payment",
    "PaymentBasis",
    "PaymentFile",
    "PaymentLine",
    "Plan",
    "Proposal",
    "ProposalKind",
    "ProposalQuerySet",
    "Rebooking",
    "Receipt",
    "ReceiptQuerySet",
    "ReceiptRejection",
    "Reminder",
    "RoleChange",
    "Tie",
    "Verification",
    "Voucher",
    "YearFigure",
    "YearProfile",
]
