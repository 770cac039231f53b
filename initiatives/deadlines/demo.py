"""What the demo and the tests begin with: terms that everybody has accepted."""

import uuid

from django.db.models import QuerySet
from django.utils import timezone

from ensomhed.models import User
from initiatives import paper, vouchers
from initiatives.deadlines.receipts import receive
from initiatives.models import Deadline, Voucher

NAMESPACE = uuid.UUID("0c1ad0b3-6d3b-5f6e-8a39-0a2f0e8f5b9e")  # keys of the demo's receipts: recording twice records once


def accept_terms(people: dict[str, User]) -> None:
    """Sofie records that every grantee accepted the terms on the day that it was granted the money."""
    for deadline in _waiting(Deadline.objects.filter(what=Deadline.What.TERMS)):
        granted_on = deadline.earmark.initiative.frame.starts
        receive(people["sofie"], deadline, received_on=granted_on, voucher=_document(people["sofie"], deadline), key=_key(deadline))


def receive_everything(people: dict[str, User]) -> None:
    """Sofie records every report and all accounts as received in time. For tests of what happens to the money; the story has receipts of its own."""
    for deadline in _waiting(Deadline.objects.exclude(what=Deadline.What.TERMS)):
        day = min(deadline.due, timezone.localdate())
        receive(people["sofie"], deadline, received_on=day, voucher=_document(people["sofie"], deadline), key=_key(deadline))


def _waiting(deadlines: QuerySet[Deadline]) -> QuerySet[Deadline]:
    return deadlines.filter(receipts__isnull=True).select_related("earmark__grantee", "earmark__initiative__frame")


def _key(deadline: Deadline) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, f"{deadline.earmark.slug} {deadline.what} {deadline.year}")


def _document(by: User, deadline: Deadline) -> Voucher:
    text = ["Opdigtet dokument til prøvehistorien", "", f"{deadline.name}: {deadline.earmark}"]
    return vouchers.keep(by, paper.pdf(text), f"{deadline.name.lower().replace(' ', '-')}-{deadline.earmark.slug}.pdf")
