"""A notice in words, for the mail and for the page alike: what happened, the figures, how to object, and what the control sum is good for.

A notice keeps facts and no text; this is the one place that makes a text of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from ensomhed.templatetags.danish import tidspunkt
from initiatives.models import Notice
from initiatives.paying.references import reference_of
from ledger.formats import THIN, date_text, kroner
from ledger.kinds import Cause

Figures = dict[str, Any]
Facts = list[tuple[str, str]]
Told = tuple[str, str, Facts]
BY_ITSELF = "Mailen er skrevet af systemet selv i samme øjeblik, som det skete. Ingen i ministeriet kan standse den, ændre den eller slette den."
KEEP = (
    "Gem mailen: den er et bevis uden for ministeriet. Kontrolsummen er regnet ud af alle poster på jeres konto til og med den nævnte. Er en af dem"
    " ændret bagefter, passer den ikke længere."
)


@dataclass(frozen=True)
class Letter:
    """What a notice says: a subject, a sentence, the facts, and where to go with it."""

    notice: Notice
    subject: str
    opening: str
    facts: Facts

    @property
    def objection(self) -> str:
        """Where to say that it is not right; the page asks for the log-in, the address holds no secret."""
        return settings.SITE_URL + (
            reverse("case", args=[self.notice.case_id]) if self.notice.case_id else f"{reverse('new_case')}?{urlencode({'besked': self.notice.pk})}"
        )

    @property
    def witness(self) -> str:
        """Where anybody who may see the account tries the control sum."""
        return settings.SITE_URL + reverse("witness") + "?" + urlencode({"konto": self.notice.account, "post": self.notice.entry_no, "sum": self.notice.head})

    def text(self, name: str = "") -> str:
        """The whole mail as plain text."""
        width = max((len(label) for label, _ in self.facts), default=0) + 1
        facts = "\n".join(f"  {label + ':':<{width}}  {value}" for label, value in self.facts)
        disagree = "Er I ikke enige, så skriv her:" if self.notice.case_id else "Er noget af det ikke rigtigt? Så sig det med det samme her:"
        parts = [
            f"Kære {name}" if name else "",
            self.opening,
            facts,
            f"{disagree}\n{self.objection}\nLedelsen, controllerne og revisionen kan læse det, og kun den, der ikke har haft med sagen at gøre, kan lukke det.",
        ]
        if self.notice.head:
            told = f"  Konto:       {self.notice.account}\n  Post nr.:    {self.notice.entry_no}\n  Kontrolsum:  {self.notice.head}"
            parts.append(f"{KEEP}\n\n{told}\n\nPrøv den her:\n{self.witness}")
        parts.append(f"{BY_ITSELF}\nBesked nr. {self.notice.pk}, {tidspunkt(self.notice.told_at)}. I kan ikke svare på mailen.")
        return "\n\n".join(part for part in parts if part).replace(THIN, " ") + "\n"


def letter(notice: Notice) -> Letter:
    """The notice in words."""
    subject, opening, facts = TELLERS[Notice.What(notice.what)](notice, notice.figures)
    if notice.earmark:
        facts = [("Tilskud", notice.earmark.title), *facts]
    return Letter(notice, subject.replace(THIN, " "), opening, [(label, value) for label, value in facts if value])


def paid_to(details: Figures | None) -> str:
    """Where a payment went, as far as a mail may say it."""
    if not details:
        return ""
    if details["method"] == "nemkonto":
        return f"jeres NemKonto (CVR-nummer {details['cvr']})"
    return "intern overførsel i staten" if details["method"] == "internal" else f"den konto, der ender på {details['last_four']}"


def _kr(figures: Figures, name: str) -> str:
    return kroner(Decimal(figures[name])) if figures.get(name) is not None else ""


def _standing(figures: Figures) -> Facts:
    return [("Udbetalt i alt", _kr(figures, "paid_in_all")), ("Rest at modtage", _kr(figures, "left"))]


def _entry(notice: Notice, figures: Figures) -> Facts:
    reference = reference_of(notice.transfer) if notice.transfer else ""
    return [
        ("Tekst", figures["text"]),
        ("Journalnummer", figures["case_number"]),
        ("Betalingens reference", reference),
        ("Postering", f"nr. {notice.transfer_id}"),
    ]


def _paid(notice: Notice, f: Figures) -> Told:
    amount = _kr(f, "amount")
    facts = [("Beløb", amount), ("Valørdato", date_text(f["value_date"])), ("Betalt til", paid_to(f["paid_to"])), *_standing(f), *_entry(notice, f)]
    if f.get("replaces"):
        return (
            f"En udbetaling på {amount} til {notice.grantee} er bogført på ny",
            f"En udbetaling på {amount}, som {notice.grantee} allerede har fået, er bogført på ny. Der er ikke sendt nye penge.",
            facts,
        )
    return (
        f"Udbetaling på {amount} til {notice.grantee}",
        f"Ministeriet udbetaler {amount} til {notice.grantee}. Kommer beløbet ikke, eller kommer der et andet beløb, så sig det.",
        facts,
    )


def _repaid(notice: Notice, f: Figures) -> Told:
    amount = _kr(f, "amount")
    usable = "ja, i det finansår, pengene kom ind" if f["usable_again"] else "nej, beløbet tilfalder statskassen"
    facts = [("Beløb", amount), ("Årsag", Cause(f["cause"]).label), ("Valørdato", date_text(f["value_date"])), ("Kan udbetales igen", usable)]
    opening = f"Ministeriet har modtaget {amount} retur fra {notice.grantee}. Har I betalt et andet beløb, eller har I ikke betalt noget tilbage, så sig det."
    return f"Tilbagebetaling på {amount} fra {notice.grantee} er modtaget", opening, [*facts, *_standing(f), *_entry(notice, f)]


WHY_UNDONE = {
    "never_sent": "fordi betalingen aldrig blev afsendt",
    "bank_returned": "fordi banken returnerede beløbet",
    "booked_anew": "fordi den bogføres på ny på et andet tilskud. I skal ikke betale noget tilbage",
}


def _undone(notice: Notice, f: Figures) -> Told:
    amount = _kr(f, "amount")
    what = "Udbetalingen" if f["undone"] == "disbursement" else "Tilbagebetalingen"
    why = WHY_UNDONE.get(f["cause"], "fordi registreringen var forkert")
    facts = [("Beløb", amount), ("Valørdato", date_text(f["value_date"])), ("Fører tilbage", f"postering nr. {f['undoes']}"), *_standing(f), *_entry(notice, f)]
    return f"{what} på {amount} er ført tilbage", f"{what} på {amount} er ført tilbage i bøgerne, {why}.", facts


def _details(notice: Notice, f: Figures) -> Told:
    facts = [("Fra", date_text(f["effective_from"])), ("Der betales til", paid_to(f["paid_to"])), ("Før", paid_to(f["paid_before_to"]))]
    opening = f"Der er godkendt nye betalingsoplysninger for {notice.grantee}. Har I ikke selv bedt om det, så sig det med det samme."
    return f"Nye betalingsoplysninger for {notice.grantee}", opening, facts


def account_number(account: Figures | None) -> str:
    """The ministry's account for repayments, as one pays to it."""
    if not account:
        return "ministeriet har ingen godkendt konto: vent med at betale"
    return f"reg.nr. {account['registration_number']}, konto {account['account_number']} ({account.get('name') or 'ministeriet'})"


def _claim(notice: Notice, f: Figures) -> Told:
    amount = _kr(f, "amount")
    if f.get("withdrawn"):
        opening = f"Ministeriet har trukket kravet på {amount} tilbage. Det, I ikke allerede har betalt af det, skal I ikke betale."
        return f"Kravet på {amount} er trukket tilbage", opening, [("Krav", f"nr. {notice.claim_id}")]
    usable = "ja, i det finansår, pengene kommer ind" if f["usable_again"] else "nej, beløbet tilfalder statskassen"
    facts = [
        ("Beløb", amount),
        ("Årsag", Cause(f["cause"]).label),
        ("Begrundelse", f["reason"]),
        ("Betales senest", date_text(f["due"])),
        ("Betales til", account_number(f["pay_to"])),
        ("Kan udbetales igen", usable),
        ("Krav", f"nr. {notice.claim_id}"),
    ]
    opening = (
        f"Ministeriet beder {notice.grantee} betale {amount} tilbage. Betal kun til den konto, der står her og på jeres side: beder nogen jer betale til"
        " en anden, så betal ikke, men sig det."
    )
    return f"{notice.grantee} skal betale {amount} tilbage", opening, facts


def _reminder(notice: Notice, f: Figures) -> Told:
    assert notice.reminder
    what, due = notice.reminder.deadline.name, date.fromisoformat(f["due"])
    days = (due - timezone.localdate(notice.told_at)).days
    facts = [("Hvad", what), ("Frist", date_text(due))]
    if days < 0:
        late = f"{-days} dag{'e' if days < -1 else ''}"
        opening = f"{what} skulle være hos ministeriet senest {date_text(due)}, for {late} siden. Så længe det mangler, kan der ikke udbetales."
        return f"Fristen er overskredet: {what[0].lower()}{what[1:]}", opening, facts
    left = "i dag" if days == 0 else f"om {days} dag{'e' if days > 1 else ''}"
    opening = f"{what} skal være hos ministeriet senest {date_text(due)}, {left}. Kommer det ikke til tiden, standser udbetalingerne."
    return f"Frist {date_text(due)}: {what[0].lower()}{what[1:]}", opening, facts


def _people(notice: Notice, f: Figures) -> Told:
    told = {
        "added": f"{f['person']} kan fra nu af se siden for {notice.grantee} og får beskeder som denne.",
        "removed": f"{f['person']} kan ikke længere se siden for {notice.grantee}. Personen får stadig beskeder i 30 dage.",
        "address": f"{f['person']}, der får beskeder for {notice.grantee}, har fået en anden mailadresse. Den tidligere adresse får også beskederne i 30 dage.",
    }[f["change"]]
    return f"Ændrede kontaktpersoner for {notice.grantee}", f"{told} Har I ikke selv bedt om det, så sig det med det samme.", [("Person", f["person"])]


def _answer(notice: Notice, f: Figures) -> Told:
    after = "Indsigelsen er dermed lukket. Er I ikke enige, så skriv igen: så er den åben." if f["closes"] else "Indsigelsen er stadig åben."
    return (
        f"Svar på jeres indsigelse nr. {notice.case_id}",
        f"{f['by']} fra ministeriet har svaret på jeres indsigelse: »{f['text']}« {after}",
        [("Indsigelse", f"nr. {notice.case_id}")],
    )


def _close_out(notice: Notice, f: Figures) -> Told:
    if not f["closed"]:
        opening = f"Ministeriet har åbnet et afsluttet tilskud til {notice.grantee} igen. Der kan nu igen registreres på det."
        return f"Et tilskud til {notice.grantee} er åbnet igen", opening, []
    names = (("earmarked", "Bevilget"), ("disbursed", "Udbetalt"), ("documented", "Dokumenteret"), ("repaid", "Betalt tilbage"), ("lapsed", "Bortfaldet"))
    opening = f"Ministeriet har afsluttet et tilskud til {notice.grantee}. Alt er gjort op, og afslutningsbrevet ligger på jeres side for tilskuddet."
    return f"Et tilskud til {notice.grantee} er afsluttet", opening, [(label, _kr(f, name)) for name, label in names]


TELLERS: dict[Notice.What, Callable[[Notice, Figures], Told]] = {
    Notice.What.PAID: _paid,
    Notice.What.REPAID: _repaid,
    Notice.What.UNDONE: _undone,
    Notice.What.DETAILS: _details,
    Notice.What.CLAIM: _claim,
    Notice.What.REMINDER: _reminder,
    Notice.What.PEOPLE: _people,
    Notice.What.ANSWER: _answer,
    Notice.What.CLOSE_OUT: _close_out,
}
