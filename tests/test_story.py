"""The invented story is told once, whole, and only in books that nobody else has written in."""

import uuid
from datetime import date

from djmoney.money import Money

from initiatives import decisions, demo, payments
from ledger.models import Transfer


def test_it_is_told_once_and_whole(people):
    assert demo.play_story(people.by_name)
    told = Transfer.objects.count()
    assert demo.play_story(people.by_name)
    assert Transfer.objects.count() == told


def test_books_in_which_somebody_has_moved_money_are_left_alone(people, lift, voucher):
    payments.register_disbursement(people.sofie, lift, amount=Money("3800000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    before = Transfer.objects.count()
    assert not demo.play_story(people.by_name)
    assert Transfer.objects.count() == before


def test_books_in_which_somebody_has_closed_a_period_are_left_alone(people):
    before = Transfer.objects.count()
    decisions.close_period(people.karen, "2023-01")
    assert not demo.play_story(people.by_name)
    assert Transfer.objects.count() == before


def test_a_window_that_management_proposed_is_not_approved_by_starting_the_demo_again(people, voucher):
    frame = decisions.Frame.objects.first()
    proposed = decisions.propose_window(people.mette, frame, opens=date(2023, 1, 1), closes=date(2026, 12, 31), voucher=voucher, key=uuid.uuid4())
    demo.load_allocation(people.by_name)
    assert not hasattr(type(proposed).objects.get(pk=proposed.pk), "settlement")
