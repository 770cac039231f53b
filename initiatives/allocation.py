"""The allocation, from its reference data (fixtures/allocation.toml) to proposals in the books.

What is read here is what the note says. The money itself moves only when a second person has approved each proposal.
"""

import tomllib
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import Model
from djmoney.money import Money

from ensomhed.models import User
from initiatives import decisions, paper, rights, vouchers
from initiatives.control import proposals
from initiatives.models import Agreement, Earmark, Frame, Grantee, Initiative, Proposal, Voucher
from initiatives.receiving import grantees
from ledger import booking
from ledger.kinds import AccountKind, Step
from ledger.models import Transfer, Window

M = TypeVar("M", bound=Model)
SOURCE = settings.BASE_DIR / "fixtures" / "allocation.toml"
NAMESPACE = uuid.UUID("5f0d9f0e-6f0a-5c8c-9b55-2b5f1d3c7a10")  # keys of the allocation's bookings: loading twice books once


@dataclass
class Loaded:
    """What a load proposed, what still waits, and whether everything is in effect."""

    proposed: list[Transfer | Window | Proposal] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)

    @property
    def in_effect(self) -> bool:
        return not self.waiting


def kroner(text: str) -> Money:
    return Money(Decimal(text), "DKK")


def read(path: Path = SOURCE) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@booking.verb
def load(by: User, *, document: bytes | None = None, document_name: str = "udmoentning.pdf", path: Path = SOURCE) -> Loaded:
    """Writes the reference data and proposes what has its turn: grantees, appropriations and payment windows first, earmarkings once their frame is granted.

    An earmark is described when its grantee is approved.

    `document` is the agreement's text, kept as the voucher; without it the reference data itself is, as a PDF. Idempotent. Raises LedgerError, PermissionDenied.
    """
    rights.require(by, rights.PROPOSE)
    data = read(path)
    voucher = vouchers.keep(by, document if document is not None else paper.pdf(path.read_text(encoding="utf-8").splitlines()), document_name)
    loaded = Loaded()
    agreement = _agreement(data["agreement"])
    frames = {row["slug"]: _frame(agreement, row) for row in data["frame"]}
    initiatives = {row["slug"]: _initiative(frames[row["frame"]], row) for row in data["initiative"]}
    for frame in frames.values():
        _window(by, loaded, frame, voucher)
        _appropriation(by, loaded, frame, voucher)
    receivers = {row["slug"]: _grantee(by, loaded, row, voucher) for row in data["grantee"]}
    for row in data["earmark"]:
        grantee = receivers[row["grantee"]]
        if grantee:
            _earmarking(by, loaded, _earmark(initiatives[row["initiative"]], grantee, row), voucher)
        else:
            loaded.waiting.append(f"Øremærkning: {row['slug']}")
    return loaded


def _appropriation(by: User, loaded: Loaded, frame: Frame, voucher: Voucher) -> None:
    known, key = _attempt(Transfer, frame.account.code)
    if known is None:
        loaded.proposed.append(decisions.appropriate(by, frame, amount=frame.amount, value_date=frame.starts, voucher=voucher, key=key, text=frame.name))
    if known is None or not _posted(known):
        loaded.waiting.append(f"Bevilling: {frame.name}")


def _window(by: User, loaded: Loaded, frame: Frame, voucher: Voucher) -> None:
    known, key = _attempt(Window, f"window:{frame.slug}")
    if known is None:
        text = "Betalingsvinduet begynder som perioden"
        loaded.proposed.append(decisions.propose_window(by, frame, opens=frame.starts, closes=frame.ends, voucher=voucher, key=key, text=text))
    if known is None or not _posted(known):
        loaded.waiting.append(f"Betalingsvindue: {frame.name}")


def _earmarking(by: User, loaded: Loaded, earmark: Earmark, voucher: Voucher) -> None:
    """An earmarking is proposed once its frame is granted: before that there is nothing to earmark from."""
    frame = earmark.initiative.frame
    granted, _ = _attempt(Transfer, frame.account.code)
    known, key = _attempt(Transfer, earmark.account.code)
    if known is None and granted is not None and _posted(granted):
        loaded.proposed.append(decisions.earmark(by, earmark, amount=earmark.amount, value_date=frame.starts, voucher=voucher, key=key, text=earmark.title))
    if known is None or not _posted(known):
        loaded.waiting.append(f"Øremærkning: {earmark}")


def _attempt(model: type[Transfer] | type[Window], name: str) -> tuple[Any, uuid.UUID]:
    """The proposal that stands under this name, if any, and the key for the next one. A rejected proposal makes room for another."""
    attempt = 1
    while True:
        key = uuid.uuid5(NAMESPACE, f"{name} {attempt}")
        known = model._default_manager.select_related("settlement").filter(key=key, step=Step.PENDING).first()
        if known is None or not _voided(known):
            return known, key
        attempt += 1


def _settled_as(pending: Transfer | Window, step: Step) -> bool:
    return hasattr(pending, "settlement") and pending.settlement.step == step


def _posted(pending: Transfer | Window) -> bool:
    return _settled_as(pending, Step.POST)


def _voided(pending: Transfer | Window) -> bool:
    return _settled_as(pending, Step.VOID)


def _agreement(row: dict[str, Any]) -> Agreement:
    return _kept(Agreement, row["slug"], name=row["name"], name_en=row["name_en"], stated_sum=kroner(row["stated_sum"]), source=row["source"])


def _frame(agreement: Agreement, row: dict[str, Any]) -> Frame:
    account = booking.open_account(f"frame:{row['slug']}", row["name"], AccountKind.FRAME, parent=decisions.treasury())
    return _kept(
        Frame,
        row["slug"],
        agreement=agreement,
        account=account,
        name=row["name"],
        name_en=row["name_en"],
        amount=kroner(row["amount"]),
        starts=row["starts"],
        ends=row["ends"],
        source=row["source"],
    )


def _grantee(by: User, loaded: Loaded, row: dict[str, Any], voucher: Voucher) -> Grantee | None:
    """The grantee, when a second person has approved it; else it is proposed, unless that waits already."""
    slug = row["slug"]
    if grantees.approved(slug):
        return Grantee.objects.get(slug=slug)
    if not proposals.waiting().filter(kind=grantees.KIND, subject=slug).exists():
        key = uuid.uuid5(NAMESPACE, f"grantee:{slug} {Proposal.objects.filter(kind=grantees.KIND, subject=slug).count() + 1}")
        content = {"name": row["name"], "state_agency": row.get("state_agency", False), "slug": slug}
        loaded.proposed.append(grantees.propose(by, reason="Nævnt som modtager i aftalen", voucher=voucher, key=key, **content))
    loaded.waiting.append(f"Tilskudsmodtager: {row['name']}")
    return None


def _initiative(frame: Frame, row: dict[str, Any]) -> Initiative:
    return _kept(
        Initiative,
        row["slug"],
        frame=frame,
        number=row.get("number"),
        name=row["name"],
        name_en=row["name_en"],
        purpose=row["purpose"],
        purpose_en=row["purpose_en"],
    )


def _earmark(initiative: Initiative, grantee: Grantee, row: dict[str, Any]) -> Earmark:
    slug, passes_on = row["slug"], row.get("must_pass_on", False)
    name = f"{initiative.name} ({row['track']})" if row.get("track") else initiative.name
    account = booking.open_account(f"earmark:{slug}", name, AccountKind.EARMARK, parent=initiative.frame.account, passes_on=passes_on)
    return _kept(
        Earmark,
        slug,
        initiative=initiative,
        grantee=grantee,
        track=row.get("track", ""),
        track_en=row.get("track_en", ""),
        amount=kroner(row["amount"]),
        award=Earmark.Award(row["award"]),
        must_pass_on=passes_on,
        must_partner=row.get("must_partner", False),
        condition=row["condition"],
        condition_en=row["condition_en"],
        source=row["source"],
        account=account,
        grantee_account=booking.open_account(f"grantee:{slug}", grantee.name, AccountKind.GRANTEE, parent=account, holder=grantee.slug, passes_on=passes_on),
        used_account=booking.open_account(f"used:{slug}", f"Anvendt: {name}", AccountKind.USED, parent=account),
        written_off_account=booking.open_account(f"written-off:{slug}", f"Afskrevet: {name}", AccountKind.WRITTEN_OFF, parent=account),
    )


def _kept(model: type[M], slug: str, **values: Any) -> M:
    row, _ = model._default_manager.get_or_create(slug=slug, defaults=values)
    return row
