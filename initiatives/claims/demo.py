"""The account that repayments of the demo are asked into: Nina proposes, Karen verifies, Mette approves. The number is invented."""

import uuid
from datetime import date

from ensomhed.models import User
from initiatives import paper, vouchers
from initiatives.claims.accounts import propose_receiving_account
from initiatives.control import proposals
from initiatives.models import Proposal

KEY = uuid.UUID("7d1c2b7e-9c0f-5a0b-8a55-3b1d5e6f7a20")


def open_receiving_account(people: dict[str, User]) -> None:
    """Gives the ministry of the demo an account; run again, it changes nothing."""
    if Proposal.objects.filter(key=KEY).exists():
        return
    shown = paper.pdf(["Opdigtet dokument til prøveudgaven", "", "Ministeriets konto til tilbagebetalinger: 9999 0000123450"])
    document = vouchers.keep(people["nina"], shown, "konto-til-tilbagebetalinger.pdf")
    pending = propose_receiving_account(
        people["nina"],
        name="Tilbagebetaling af tilskud",
        registration_number="9999",
        account_number="0000123450",
        effective_from=date(2023, 1, 1),
        reason="Ministeriets konto til tilskud, der betales tilbage",
        voucher=document,
        key=KEY,
    )
    proposals.verify(people["karen"], pending, how="Sammenholdt med kontoudtoget i økonomisystemet")
    proposals.approve(people["mette"], pending, key=uuid.uuid5(KEY, "approval"))
