"""A tiny ledger notation for tests: each line is one deed, played through the verbs of `ledger.booking` on the real allocation.

    2023-03-01  earmark -> grantee  500000.00  as rate-1                 registered by one person and approved by another
    2023-03-01  earmark -> grantee  500000.00  pending as rate-2         … registered only; also: rejected, withdrawn, approved 2023-04-04
    2023-04-04  approve rate-2                                           also: reject, withdraw; `by sofie` says who, `silently` gives no reason
    2023-05-02  grantee -> earmark  40000.00   because error             what a repayment or a lapse happens because of
    2023-05-02  reverse rate-1      because never_sent                   the whole opposite
    2023-05-02  rebook rate-1       earmark:x -> grantee:x               its reversal and an equal disbursement, settled as one; `as` names that
    2023-12-31  earmark -> treasury 40000.00   because year_end in 2023-13.1
    2025-12-01  window 2023-01-01 2026-03-31                             the frame's payment window, decided by two persons
    2026-01-05  close 2025-12                                            every period of that year up to and including it
    2023-03-01  earmark -> grantee  0.005      ! some_rule               refused by this rule, and nothing moved

`earmark`, `grantee`, `used`, `written-off`, `frame` and `local:havnen` belong to the earmark that the books were opened at; any other account is written by
its whole code. `open earmark:new` opens a new earmark of the frame with everything beside it. A local actor is opened when it is first named.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from djmoney.money import Money

from ensomhed.models import User
from initiatives import claims, rights, vouchers
from initiatives.models import Claim, Closing, Earmark, LocalActor
from ledger import booking
from ledger.kinds import AccountKind, Cause, Kind, Step
from ledger.models import ZERO, Account, Day, Period, Transfer
from ledger.refusals import LedgerError
from tests import documents
from tests.accounts import give_accounts_to
from tests.intruder import AUDITED

KINDS = {
    ("treasury", "frame"): Kind.APPROPRIATION,
    ("frame", "earmark"): Kind.EARMARKING,
    ("earmark", "frame"): Kind.RELEASE,
    ("frame", "treasury"): Kind.RELEASE,
    ("earmark", "earmark"): Kind.REALLOCATION,
    ("earmark", "grantee"): Kind.DISBURSEMENT,
    ("grantee", "earmark"): Kind.REPAYMENT,
    ("grantee", "treasury"): Kind.REPAYMENT,
    ("grantee", "local"): Kind.REGRANT,
    ("local", "grantee"): Kind.REGRANT_RETURNED,
    ("grantee", "used"): Kind.DOCUMENTED_USE,
    ("local", "used"): Kind.DOCUMENTED_USE,
    ("grantee", "written-off"): Kind.WRITE_OFF,
    ("local", "written-off"): Kind.WRITE_OFF,
    ("earmark", "treasury"): Kind.LAPSE,
}
SINGLE = (Kind.REPAYMENT, Kind.REGRANT, Kind.REGRANT_RETURNED)


@dataclass
class Line:
    """One line, taken apart: the day, the words, and the clauses behind them."""

    text: str
    day: date = date.min
    words: list[str] = field(default_factory=list)
    clauses: dict[str, str] = field(default_factory=dict)
    refused_by: str = ""

    CLAUSES = {"as": 1, "because": 1, "by": 1, "in": 1, "approved": 1, "pending": 0, "rejected": 0, "withdrawn": 0, "unvouched": 0, "silently": 0}

    @classmethod
    def read(cls, text: str) -> "Line":
        line = cls(text)
        sentence, _, line.refused_by = (part.strip() for part in text.partition("!"))
        words = sentence.split()
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", words[0]):
            line.day = date.fromisoformat(words.pop(0))
        while words:
            word = words.pop(0)
            if word in cls.CLAUSES:
                line.clauses[word] = words.pop(0) if cls.CLAUSES[word] else "yes"
            else:
                line.words.append(word)
        return line


@dataclass
class Books:
    """The books as a test plays and reads them."""

    people: dict[str, User]
    at: str = "lift-mary-fonden"
    named: dict[str, Transfer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.voucher = vouchers.keep(self.people["sofie"], documents.pdf("the document behind an entry of the test"), "bilag.pdf").sha256
        self.opening = self._state()

    # Playing

    def play(self, text: str) -> Transfer | None:
        """Plays every line; answers with the last line's transfer. A refusal that a line does not announce is raised."""
        last = None
        for raw in text.splitlines():
            sentence = raw.partition("#")[0].strip()
            if sentence:
                last = self._play(Line.read(sentence))
        return last

    def _play(self, line: Line) -> Transfer | None:
        for word in line.words:
            if word.startswith("local:"):
                self.account(word)
        if not line.refused_by:
            return self._do(line)
        with self.untouched(), pytest.raises(LedgerError) as refusal, transaction.atomic():
            self._do(line)
        assert refusal.value.rule == line.refused_by, f"{line.text}\n  was refused by {refusal.value.rule}: {refusal.value}"
        return None

    def _do(self, line: Line) -> Transfer | None:
        first, *rest = line.words
        if first in ("approve", "reject", "withdraw"):
            return self._settle(line, self.named[rest[0]], first, line.clauses.get("as", rest[0]))
        if first == "reverse":
            origin = self.named[rest[0]]
            return self._book(line, Kind.REVERSAL, origin.credit_account, origin.debit_account, origin.amount, reverses=origin)
        if first == "rebook":
            return self._rebook(line, self.named[rest[0]], rest[1], rest[3])
        if first == "window":
            return self._window(line, *rest)
        if first == "close":
            return self._close(line, rest[0])
        if first == "open":
            return self._open(rest[0])
        debit, arrow, credit, amount = line.words
        assert arrow == "->", line.text
        kind = KINDS[self._kind(debit), self._kind(credit)]
        return self._book(line, kind, self.account(debit), self.account(credit), Money(Decimal(amount), "DKK"))

    def _book(self, line: Line, kind: Kind, debit: Account, credit: Account, amount: Money, **more) -> Transfer:
        """Registers, and settles at once as the line says: approved by default. What is given up was claimed before."""
        clauses = line.clauses
        given_up = self._claimed(debit, amount, line.day) if kind == Kind.WRITE_OFF and amount <= debit.left else []
        transfer = booking.book(
            self.people[clauses.get("by") or self._registrar(kind, more.get("reverses"))],
            kind,
            Step.SINGLE if kind in SINGLE else Step.PENDING,
            debit=debit,
            credit=credit,
            amount=amount,
            value_date=line.day,
            key=uuid.uuid4(),
            cause=Cause(clauses["because"]) if "because" in clauses else "",
            voucher_sha256="" if "unvouched" in clauses else self.voucher,
            period=clauses.get("in"),
            **more,
        )
        name = clauses.get("as", str(transfer.pk))
        self.named[name] = transfer
        if kind == Kind.DOCUMENTED_USE:
            give_accounts_to(transfer, transfer.booked_by, self.people["ida"])
        for claim in given_up:
            claims.match(transfer.booked_by, claim, transfer)
        if transfer.step == Step.SINGLE or "pending" in clauses:
            return transfer
        how = next((word for clause, word in (("rejected", "reject"), ("withdrawn", "withdraw")) if clause in clauses), "approve")
        approval = Line(line.text, day=date.fromisoformat(clauses["approved"]) if "approved" in clauses else line.day)
        if "approved" not in clauses and "in" in clauses:
            approval.clauses["in"] = clauses["in"]
        return self._settle(approval, transfer, how, name)

    def _settle(self, line: Line, pending: Transfer, how: str, name: str) -> Transfer:
        by = self.people[line.clauses.get("by") or self._settler(pending, how)]
        if how == "approve":
            settled = booking.post(by, pending, key=uuid.uuid4(), value_date=line.day, period=line.clauses.get("in"))
            self.named[name] = settled
        else:
            reason = "" if how == "withdraw" or "silently" in line.clauses else "Forkert beløb"
            settled = booking.void(by, pending, key=uuid.uuid4(), text=reason)
        return settled

    def _claimed(self, account: Account, amount: Money, day: date) -> list[Claim]:
        """The claims on an account, raised up to this amount. Accounts that no earmark of the allocation owns are only the books'."""
        earmark = Earmark.objects.with_accounts().filter(grantee_account__in=[account.pk, account.parent_id]).first()
        if earmark is None:
            return []
        actor = self._actor(earmark, account) if account.kind == AccountKind.LOCAL else None
        standing = [one for one in claims.open_claims(earmark) if one.claim.actor == actor]
        more = amount - sum((one.rest for one in standing), ZERO)
        if more > ZERO:
            known = {"cause": Cause.UNSPENT, "raised_on": day, "due": day, "text": "Krav", "key": uuid.uuid4(), "actor": actor}
            claims.expect(self.people["sofie"], earmark, amount=more, **known)
        return [one.claim for one in claims.open_claims(earmark) if one.claim.actor == actor]

    def _actor(self, earmark: Earmark, account: Account) -> LocalActor:
        known = {"earmark": earmark, "slug": account.holder, "name": account.name, "municipality_code": "751"}
        return LocalActor.objects.get_or_create(account=account, defaults=known)[0]

    def _registrar(self, kind: Kind, origin: Transfer | None = None) -> str:
        """Who has the right to register this: management decides, case officers pay."""
        return "mette" if (origin.kind if origin else kind) in rights.DECISIONS else "sofie"

    def _settler(self, pending: Transfer, how: str) -> str:
        if how == "withdraw":
            return pending.booked_by.username
        return {rights.DECIDE: "lars", rights.CHECK_ACCOUNTS: "ida", rights.APPROVE: "anders"}[rights.to_approve(pending)]

    def _rebook(self, line: Line, origin: Transfer, debit: str, credit: str) -> Transfer:
        pending = Line(line.text, line.day, clauses={**line.clauses, "because": "booked_anew", "pending": "yes", "as": f"undoing {origin.pk}"})
        reversal = self._book(pending, Kind.REVERSAL, origin.credit_account, origin.debit_account, origin.amount, reverses=origin)
        pending.clauses = {"pending": "yes", "as": f"replacing {origin.pk}"}
        self._book(pending, Kind.DISBURSEMENT, self.account(debit), self.account(credit), origin.amount, replaces=origin)
        how = "reject" if "rejected" in line.clauses else "approve"
        settled = self._settle(Line(line.text, line.day), reversal, how, f"undoing {origin.pk}")
        if "as" in line.clauses:
            self.named[line.clauses["as"]] = Transfer.objects.get(replaces=origin, step=Step.POST)
        return settled

    def _window(self, line: Line, opens: str, closes: str) -> None:
        pending = booking.propose_window(
            self.people["mette"],
            self.account("frame"),
            opens=date.fromisoformat(opens),
            closes=date.fromisoformat(closes),
            key=uuid.uuid4(),
            voucher_sha256=self.voucher,
        )
        booking.settle_window(self.people[line.clauses.get("by", "lars")], pending, Step.POST, key=uuid.uuid4())

    def _close(self, line: Line, code: str) -> None:
        for period in Period.objects.filter(code__startswith=code[:4], code__lte=code, closed=False).order_by("code"):
            call = f"initiatives_close_period(%s, %s, 'Resten er set efter', {AUDITED})"
            booking.ask(Closing, call, [period.code, self.people["karen"].pk])

    def _open(self, code: str) -> None:
        """A new earmark of the frame, its grantee and what stands beside it."""
        slug = code.removeprefix("earmark:")
        earmark = booking.open_account(code, slug, AccountKind.EARMARK, parent=self.account("frame"))
        for prefix, kind in (("grantee", AccountKind.GRANTEE), ("used", AccountKind.USED), ("written-off", AccountKind.WRITTEN_OFF)):
            booking.open_account(f"{prefix}:{slug}", slug, kind, parent=earmark, holder=slug if prefix == "grantee" else "")

    # Reading

    def code(self, name: str) -> str:
        """`earmark` → `earmark:lift-mary-fonden`, `local:havnen` → `local:lift-mary-fonden/havnen`; a whole code stays as it is."""
        if name == "frame":
            return Account.objects.get(code=f"earmark:{self.at}").parent.code
        if name.startswith("local:") and "/" not in name:
            return f"local:{self.at}/{name.removeprefix('local:')}"
        return f"{name}:{self.at}" if name in ("earmark", "grantee", "used", "written-off") else name

    def short(self, code: str) -> str:
        if code == self.code("frame"):
            return "frame"
        if code.startswith(f"local:{self.at}/"):
            return "local:" + code.partition("/")[2]
        return code.removesuffix(f":{self.at}")

    def account(self, name: str) -> Account:
        code = self.code(name)
        if code.startswith("local:") and not Account.objects.filter(code=code).exists():
            holder = code.partition("/")[2]
            grantee = Account.objects.get(code="grantee:" + code.removeprefix("local:").partition("/")[0])
            return booking.open_account(code, holder, AccountKind.LOCAL, parent=grantee, holder=holder)
        return Account.objects.get(code=code)

    def _kind(self, name: str) -> str:
        return name.partition(":")[0]

    def balances(self) -> dict[str, str]:
        """The balance of every account that has moved since the books were opened: `{"earmark": "3300000.00", "grantee": "500000.00"}`."""
        before = {code: balance for code, balance, *_ in self.opening[0]}
        return {self.short(code): f"{balance:.2f}" for code, balance, *_ in self._state()[0] if balance != before.get(code, 0)}

    def reserved(self) -> dict[str, str]:
        """What waits for a second person, by account."""
        return {self.short(code): f"{reserved:.2f}" for code, _, reserved, *_ in self._state()[0] if reserved}

    def _state(self) -> tuple[list[tuple], list[tuple], int]:
        """Everything that a posting moves: totals, entry numbers, heads, days, and how many transfers there are."""
        accounts = Account.objects.order_by("code")
        totals = [(a.code, a.credits_posted - a.debits_posted, a.debits_pending, a.debits_posted, a.entry_count, a.head) for a in accounts]
        days = list(Day.objects.order_by("account", "day").values_list("account__code", "day", "carried", "credits", "debits", "reserved"))
        return totals, days, Transfer.objects.count()

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Fails when anything in the books moved inside."""
        before = self._state()
        yield
        assert self._state() == before, "something moved"


@pytest.fixture
def books(people) -> Books:
    """The books of the real allocation, opened at Mary Fonden's earmark (Lift)."""
    return Books(people.by_name)
