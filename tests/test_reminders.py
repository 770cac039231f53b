"""Reminders follow from deadlines: at set days, each once, whoever would rather not."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from initiatives import deadlines
from initiatives.deadlines import reminders
from initiatives.models import Earmark, Reminder
from tests.granting import grant
from tests.test_deadlines import deadline, decide, receive  # noqa: F401 — fixtures


def sent(earmark: Earmark, what: str = "terms") -> list[tuple[date, int]]:
    return [(reminder.due, reminder.rung) for reminder in Reminder.objects.filter(deadline__earmark=earmark, deadline__what=what).order_by("pk")]


def due_in(people, days: int) -> Earmark:
    """An earmark whose terms are to be accepted in so many days from today."""
    return grant(people.by_name, timezone.localdate() + timedelta(days=days - 30))


@pytest.mark.parametrize(
    ("days", "rung"), [(31, None), (30, -30), (8, -30), (7, -7), (1, -7), (0, 0), (-6, 0), (-7, 7), (-20, 7), (-21, 21), (-34, 21), (-35, 35)]
)
def test_a_reminder_goes_out_30_and_7_days_before_on_the_day_7_days_after_and_then_every_14_days(people, days, rung):
    earmark = due_in(people, days)
    reminders.send()
    assert [rung for _, rung in sent(earmark)] == ([] if rung is None else [rung])


def test_each_reminder_goes_out_once_however_often_the_timer_runs(people):
    earmark, said = due_in(people, -7), StringIO()
    for _ in range(3):
        call_command("send_reminders", stdout=said)
    assert len(sent(earmark)) == 1
    assert said.getvalue().count("Mary Fonden – ") == 1
    assert said.getvalue().endswith("Sendte påmindelser: 0\n")


def test_what_came_in_is_not_reminded_of_and_what_was_rejected_is(people, receive):  # noqa: F811
    earmark = due_in(people, -7)
    receipt = receive(deadline(earmark, "terms"), timezone.localdate())
    reminders.send()
    assert sent(earmark) == []
    deadlines.reject(people.anders, receipt, reason="Det var et andet brev")
    reminders.send()
    assert [rung for _, rung in sent(earmark)] == [7]


def test_an_extension_begins_the_reminders_anew_and_an_override_stops_none(people, decide):  # noqa: F811
    earmark = due_in(people, -7)
    terms, today = deadline(earmark, "terms"), timezone.localdate()
    decide("override", terms, until=today + timedelta(days=30))
    reminders.send()
    decide("extend", terms, due=today + timedelta(days=7))
    reminders.send()
    assert sent(earmark) == [(today - timedelta(days=7), 7), (today + timedelta(days=7), -7)]


def test_a_timer_that_does_not_run_is_noticed(people):
    due_in(people, 6)
    assert deadlines.reminders_late() == 0  # due yesterday: today's run sends it
    due_in_five = grant(people.by_name, timezone.localdate() - timedelta(days=25), slug="endnu-en")
    assert deadlines.reminders_late() == 1
    reminders.send()
    assert deadlines.reminders_late() == 0
    assert len(sent(due_in_five)) == 1
