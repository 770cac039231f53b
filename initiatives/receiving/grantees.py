"""Who may receive at all: a grantee is made and changed by a proposal that management approves, and in no other way."""

import uuid

from django.utils.text import slugify

from ensomhed.models import User
from initiatives.control import proposals
from initiatives.models import Grantee, Proposal, Voucher
from initiatives.movements import DANISH_LETTERS
from ledger import booking

KIND = "grantee"


@booking.verb
def propose(
    by: User,
    *,
    name: str,
    state_agency: bool,
    reason: str,
    voucher: Voucher | None,
    key: uuid.UUID,
    cvr: str = "",
    slug: str = "",
    grantee: Grantee | None = None,
) -> Proposal:
    """Proposes a new grantee, or another name or CVR number for one that exists; it counts when another person approves it. Raises LedgerError, PermissionDenied."""
    subject = grantee.slug if grantee else slug or slug_of(name)
    known = grantee or Grantee.objects.filter(slug=subject).first()
    after = {"name": name.strip(), "cvr": cvr, "state_agency": state_agency}
    return proposals.propose(by, KIND, after=after, reason=reason, key=key, voucher=voucher, grantee=known, subject=subject)


def slug_of(name: str) -> str:
    """Its name in addresses and account codes: Røde Kors → roede-kors."""
    return slugify(name.translate(DANISH_LETTERS))[:50].strip("-")


def approved(slug: str) -> Proposal | None:
    """The approval that the grantee's row follows; None when nothing was approved."""
    return proposals.newest_approved(KIND, subject=slug)
