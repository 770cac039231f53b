"""What can be done about an amount from the page that tells its course, and who can do it where the reader cannot."""

from dataclasses import dataclass, field

from django.urls import reverse

from ensomhed.models import User
from initiatives import rights
from initiatives.course import booked
from initiatives.course.told import Course
from initiatives.models import AccountsUse
from initiatives.rebooking import BY_PAGE
from ledger.kinds import Cause, Kind


@dataclass
class Offers:
    """Addresses of what this person can do now; `others` says who can do the rest."""

    settle: str = ""
    reverse: str = ""
    anew: str = ""
    repay: str = ""
    again: str = ""
    others: list[str] = field(default_factory=list)


def of(course: Course, reader: User) -> Offers:
    subject, family, offers = course.subject, course.family, Offers()
    kind = Kind(subject.registration.kind)
    right = rights.to_register(kind)
    moved = subject.moved
    if family.asked.waits:
        offers.settle = reverse("admin:initiatives_payment_settle", args=[family.asked.registration.pk])
    if moved and booked.can_be_undone(family, subject):
        if rights.may_register(reader, Kind.REVERSAL, "" if kind == Kind.DISBURSEMENT else Cause.ERROR, reverses=kind):
            offers.reverse = reverse("admin:initiatives_payment_reverse", args=[moved.pk])
            if kind in (*BY_PAGE, Kind.DOCUMENTED_USE) and reader.may(rights.REGISTER):
                offers.anew = f"{offers.reverse}?paa-ny=1"
        else:
            offers.others.append(f"Er det bogført forkert, kan det føres tilbage af {course.people.who(right)}.")
        if kind == Kind.DISBURSEMENT and course.earmark and reader.may(rights.REGISTER):
            offers.repay = f"{reverse('admin:initiatives_payment_repay')}?earmark={course.earmark.slug}"
    if moved and family.can_be_booked_again(subject):
        address = _again(course)
        if address and reader.may(rights.REGISTER):
            offers.again = address
        elif address:
            offers.others.append(f"Det kan bogføres på ny af {course.people.who(rights.REGISTER)}.")
    return offers


def _again(course: Course) -> str:
    """The page that registers it anew, filled in; use is booked from the accounts that document it."""
    moved, kind = course.subject.moved, course.subject.registration.kind
    assert moved
    if kind == Kind.DOCUMENTED_USE:
        use = AccountsUse.objects.filter(transfer=course.subject.registration).select_related("accounts").first()
        return use.accounts.get_absolute_url() if use else ""
    if kind in (Kind.REGRANT, Kind.REGRANT_RETURNED):
        return f"{reverse('admin:initiatives_passing_on', args=[course.earmark.slug])}?i-stedet-for={moved.pk}" if course.earmark else ""
    pages = {Kind.DISBURSEMENT: "admin:initiatives_payment_register", Kind.REPAYMENT: "admin:initiatives_payment_repay"}
    return f"{reverse(pages[Kind(kind)])}?i-stedet-for={moved.pk}" if kind in pages else ""
