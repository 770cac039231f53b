"""The year profile: what the Finance Act gives a frame per fiscal year. Optional input with its source; that its sum differs from the frame is shown, never corrected."""

import uuid
from collections.abc import Mapping

from djmoney.money import Money

from ensomhed.models import User
from initiatives import rights
from initiatives.models import Frame, YearProfile
from ledger import booking

RECORD = "initiatives_record_year_profile(%s, %s, %s, %s, %s, %s::int[], %s::numeric[])"


@booking.verb
def record(by: User, frame: Frame, *, figures: Mapping[int, Money], source: str, key: uuid.UUID, reason: str = "") -> YearProfile:
    """Records a frame's figures per fiscal year, and why they replace the ones before. Raises LedgerError, PermissionDenied."""
    rights.require(by, rights.CLOSE)
    return booking.ask(YearProfile, RECORD, [key, by.pk, frame.pk, source, reason, list(figures), [money.amount for money in figures.values()]])


def current(frame: Frame) -> YearProfile | None:
    """The newest version with its figures; None when nobody recorded any."""
    return YearProfile.objects.filter(frame=frame).select_related("made_by").prefetch_related("figures").order_by("-number").first()
