"""The allocation, figure by figure as the note has it, and how it comes into effect: proposed by one person, approved by another."""

import uuid
from decimal import Decimal

import pytest
from djmoney.money import Money

from initiatives import allocation, decisions, demo, payments
from initiatives.models import Agreement, Earmark, Frame, Grantee, Initiative
from ledger.kinds import Step
from ledger.models import Account, Transfer, Window
from ledger.refusals import SecondPerson

NOTE = {
    # earmark: (initiative's number, recipient, kr., form of award, must be passed on, must enter partnerships)
    "landsindsats-folkebevaegelsen": (1, "Folkebevægelsen mod Ensomhed", "6600000.00", "set_aside", False, False),
    "landsindsats-sbst": (1, "Social- og Boligstyrelsen", "2800000.00", "state_agency", False, False),
    "lift-mary-fonden": (2, "Mary Fonden", "3800000.00", "direct_grant", True, False),
    "faellesskabsguides-aeldre-sagen": (3, "Ældre Sagen", "3800000.00", "direct_award", False, True),
    "faellesskabsguides-roede-kors": (4, "Røde Kors", "3800000.00", "direct_award", False, True),
    "sekretariat-sbst": (None, "Social- og Boligstyrelsen", "1500000.00", "state_agency", False, False),
}
NAMES = {
    1: "Landsindsats til afstigmatisering af ensomhed",
    2: "Fællesskaber og støtte til unge, der oplever ensomhed",
    3: "Fællesskabsguides for ældre borgere",
    4: "Fællesskabsguides for sårbare og socialt udsatte borgere",
}


def dkk(text):
    return Money(text, "DKK")


def test_every_earmark_is_as_the_note_has_it(db):
    held = {
        earmark.slug: (
            earmark.initiative.number,
            earmark.grantee.name,
            str(earmark.amount.amount),
            earmark.award,
            earmark.must_pass_on,
            earmark.must_partner,
        )
        for earmark in Earmark.objects.with_accounts()
    }
    assert held == NOTE
    assert {initiative.number: initiative.name for initiative in Initiative.objects.exclude(number=None)} == NAMES


def test_what_the_note_earmarks_is_what_the_books_hold(db):
    for slug, (_, _, amount, _, passes_on, _) in NOTE.items():
        for prefix, balance in (("earmark", amount), ("grantee", "0.00"), ("used", "0.00"), ("written-off", "0.00")):
            account = Account.objects.get(code=f"{prefix}:{slug}")
            assert account.balance == dkk(balance), account.code
            assert account.reserved == dkk("0.00")
            assert account.passes_on == (passes_on and prefix in ("earmark", "grantee")), account.code


def test_the_earmarks_of_the_first_frame_make_its_20_8_millions(db):
    first = [Decimal(amount) for number, _, amount, *_ in NOTE.values() if number]
    assert sum(first) == Decimal("6600000") + Decimal("2800000") + 3 * Decimal("3800000") == Decimal("20800000")
    frame = Frame.objects.get(slug="ensomhed-2023-2025")
    assert frame.amount == dkk("20800000.00")
    assert sum((earmark.amount for earmark in Earmark.objects.filter(initiative__frame=frame)), dkk("0")) == frame.amount
    assert frame.account.balance == dkk("0.00"), "all of it is earmarked"


def test_the_secretariat_task_is_a_frame_beside_it_and_is_never_added(db):
    frame = Frame.objects.get(slug="sekretariat-2023-2025")
    assert frame.amount == dkk("1500000.00")
    assert [earmark.slug for earmark in Earmark.objects.filter(initiative__frame=frame)] == ["sekretariat-sbst"]
    assert frame.source != Frame.objects.get(slug="ensomhed-2023-2025").source
    assert Agreement.objects.get().stated_sum == dkk("25500000.00")
    stated = {str(row.amount.amount) for row in Frame.objects.all()}
    assert stated == {"20800000.00", "1500000.00"}, "no frame holds 22.3 or 25.5 millions"
    assert not Account.objects.filter(credits_posted__in=["22300000", "25500000"]).exists()


def test_two_frames_five_initiatives_five_recipients_six_earmarks_and_nothing_split_by_year(db):
    assert (Agreement.objects.count(), Frame.objects.count(), Initiative.objects.count(), Grantee.objects.count(), Earmark.objects.count()) == (1, 2, 5, 5, 6)
    assert [grantee.slug for grantee in Grantee.objects.filter(state_agency=True)] == ["sbst"]
    posted = Transfer.objects.filter(step=Step.POST)
    assert sorted(posted.values_list("kind", flat=True)) == ["appropriation"] * 2 + ["earmarking"] * 6, "one posting each: no years, no payments"
    windows = Window.objects.filter(step=Step.POST)
    assert {(str(window.opens), str(window.closes)) for window in windows} == {("2023-01-01", "2025-12-31")}


def test_nothing_makes_the_years_of_the_finance_act_agree_with_the_note(books):
    """6.6 / 3.5 / 9.4 millions in the Finance Act's years are 19.5, not 20.8; what is paid in a year is free."""
    assert Decimal("6.6") + Decimal("3.5") + Decimal("9.4") == Decimal("19.5") != Decimal("20.8")
    books.play("""
        2023-01-02  earmark:landsindsats-folkebevaegelsen -> grantee:landsindsats-folkebevaegelsen  6600000.00
        2023-01-02  earmark -> grantee                                                              3800000.00
    """)
    assert books.balances()["grantee"] == "3800000.00"


def test_every_text_is_there_in_danish_and_english_with_its_source(db):
    for row in [*Agreement.objects.all(), *Frame.objects.all(), *Earmark.objects.all()]:
        assert row.source, row
    for row in Initiative.objects.all():
        assert row.purpose, row
        assert row.purpose_en, row
        assert row.purpose != row.purpose_en
    for row in Earmark.objects.all():
        assert row.condition, row
        assert row.condition_en, row


# How it comes into effect

ELSEWHERE = """
[agreement]
slug = "ssa-2022-2025"
name = "x"
name_en = "x"
stated_sum = "1.00"
source = "x"
[[frame]]
slug = "proeve"
name = "Prøve"
name_en = "Trial"
amount = "1000.00"
starts = 2023-01-01
ends = 2023-12-31
source = "x"
[[grantee]]
slug = "roede-kors"
name = "Røde Kors"
[[initiative]]
slug = "proeve"
frame = "proeve"
name = "Prøve"
name_en = "Trial"
purpose = "x"
purpose_en = "x"
[[earmark]]
slug = "proeve-roede-kors"
initiative = "proeve"
grantee = "roede-kors"
amount = "1000.00"
award = "direct_award"
condition = "x"
condition_en = "x"
source = "x"
"""


@pytest.fixture
def fresh(people, tmp_path):
    """A small allocation that nobody has loaded; loading it again and again is the same file."""
    path = tmp_path / "allocation.toml"
    path.write_text(ELSEWHERE, encoding="utf-8")
    return lambda: allocation.load(people.mette, path=path)


def balance(code):
    return str(Account.objects.get(code=code).balance.amount)


def test_loading_twice_books_once(people):
    transfers, windows = Transfer.objects.count(), Window.objects.count()
    again = allocation.load(people.mette)
    assert (again.proposed, again.waiting, again.in_effect) == ([], [], True)
    assert (Transfer.objects.count(), Window.objects.count()) == (transfers, windows)
    demo.load_allocation(people.by_name)
    assert (Transfer.objects.count(), Window.objects.count()) == (transfers, windows)


def test_a_load_only_proposes_and_a_second_person_brings_it_into_effect(people, fresh):
    window, appropriation = fresh().proposed
    assert fresh().proposed == [], "what waits is not proposed again"
    assert balance("frame:proeve") == "0.00"
    for approve, pending in ((decisions.approve_window, window), (payments.approve, appropriation)):
        with pytest.raises(SecondPerson):
            approve(people.mette, pending, key=uuid.uuid4())
        approve(people.lars, pending, key=uuid.uuid4())
    assert balance("frame:proeve") == "1000.00"
    loaded = fresh()
    assert not loaded.in_effect
    (earmarking,) = loaded.proposed
    payments.approve(people.lars, earmarking, key=uuid.uuid4())
    assert (balance("frame:proeve"), balance("earmark:proeve-roede-kors")) == ("0.00", "1000.00")
    assert fresh().in_effect


def test_a_rejected_proposal_can_be_proposed_again_and_counts_once(people, fresh):
    window, appropriation = fresh().proposed
    payments.reject(people.lars, appropriation, reason="Forkert aftale", key=uuid.uuid4())
    decisions.reject_window(people.lars, window, reason="Forkert periode", key=uuid.uuid4())
    second_window, second = fresh().proposed
    assert second.pk != appropriation.pk
    decisions.approve_window(people.lars, second_window, key=uuid.uuid4())
    payments.approve(people.lars, second, key=uuid.uuid4())
    assert balance("frame:proeve") == "1000.00"
    assert [pending.kind for pending in fresh().proposed] == ["earmarking"]
