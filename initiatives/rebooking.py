"""What is registered again after it was reversed, linked to what it stands instead of. A payment that was sent keeps its money: that one is `payments.book_anew`."""

from initiatives.models import Rebooking
from ledger import booking
from ledger.kinds import Cause, Kind, Step
from ledger.models import Transfer
from ledger.refusals import AlreadySettled, BooksClosed, Figures, NotSoBooked, Rules, refused

BY_PAGE = (Kind.DISBURSEMENT, Kind.REPAYMENT, Kind.REGRANT, Kind.REGRANT_RETURNED)
"""the kinds that a page registers, and so can open filled in"""


def note(registration: Transfer, instead_of: Transfer) -> None:
    """Says what a registration stands instead of, in the transaction that registers it; said again, it is the same. Raises LedgerError."""
    known = Rebooking.objects.filter(transfer=registration).first()
    if known is None:
        booking.insert(Rebooking(transfer=registration, instead_of=instead_of))
    elif known.instead_of_id != instead_of.pk:
        raise refused("key_books_one_thing", {"transfer": registration.pk, "differs": ["instead_of"]})


def can_be_booked_again(number: int) -> Transfer | None:
    """The transfer of this number, when it was reversed and neither inherited by another nor registered again; None when it was not."""
    undone = Transfer.objects.filter(kind=Kind.REVERSAL, step=Step.POST, reverses=number).exclude(cause=Cause.BOOKED_ANEW)
    origin = Transfer.objects.moved().filter(pk=number, kind__in=BY_PAGE).select_related("debit_account", "credit_account").first()
    return origin if origin and undone.exists() and standing(origin) is None else None


def standing(origin: Transfer) -> Transfer | None:
    """What was registered instead, and was neither rejected nor withdrawn. Reversed in turn, it is itself what is booked again."""
    return Transfer.objects.filter(rebooking__instead_of=origin).exclude(settlement__step=Step.VOID).first()


def _again(f: Figures) -> str:
    return (
        f"Nr. {f.get('instead_of')} er allerede registreret på ny som nr. {f.get('transfer')}. Er det forkert, så få den afvist eller trukket tilbage. "
        "Er den godkendt, så få den tilbageført, og bogfør den på ny fra dens egen side. Skal der betales mere, så registrer det for sig selv."
    )


RULES: Rules = {
    "rebooking_is_a_registration_of_the_same_kind": (
        NotSoBooked,
        None,
        lambda f: "Det, der bogføres på ny, skal være af samme art som det, der blev ført tilbage. Åbn »Bogfør på ny« fra den tilbageførte postering.",
    ),
    "rebooking_answers_a_reversal": (
        AlreadySettled,
        None,
        lambda f: f"Postering nr. {f.get('instead_of')} er ikke ført tilbage, eller den er allerede bogført på ny. Se dens forløb, før du registrerer noget.",
    ),
    "rebooking_is_noted_with_its_registration": (
        BooksClosed,
        None,
        lambda f: "Hvad en registrering træder i stedet for, siges, når den registreres, og ikke bagefter. Skriv det i et notat i sagen i stedet.",
    ),
    "transfer_is_rebooked_once": (AlreadySettled, None, _again),
}
