"""A frame by fiscal year: the settlement is the books' own, to the øre; the year profile beside it is input, and neither is made to fit the other."""

import csv
import io
import uuid

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from djmoney.money import Money

from initiatives import years
from initiatives.models import Frame, YearProfile
from ledger.formats import number
from ledger.refusals import LedgerError
from tests.test_admin_front import words

SOURCE = "Finanslov 2023, § 15.71.13.10, standardkonto 46"
FINANCE_ACT = {2023: "6600000", 2024: "3500000", 2025: "9400000"}
PAGE = "/admin/initiatives/settlement/"
FORM = f"{PAGE}ensomhed-2023-2025/profile/"


def kroner(figures: dict[int, str]) -> dict[int, Money]:
    return {year: Money(amount, "DKK") for year, amount in figures.items()}


@pytest.fixture
def frame(people) -> Frame:
    return Frame.objects.get(slug="ensomhed-2023-2025")


@pytest.fixture
def finance_act(people, frame) -> YearProfile:
    return years.record(people.karen, frame, figures=kroner(FINANCE_ACT), source=SOURCE, key=uuid.uuid4())


def told(frame: Frame) -> dict[int, tuple[str, ...]]:
    """Opening, granted, used, lapsed, closing, of it on earmarks, repaid to the treasury, year by year."""
    return {year.year: tuple(f"{amount.amount:.2f}" for amount in list(vars(year).values())[1:]) for year in years.settlement(frame)}


def test_a_year_opens_with_what_the_year_before_carried_over(books, frame):
    books.play("""
        2023-04-01  earmark -> grantee   500000.00
        2023-05-02  earmark -> grantee   100000.00  as never-sent
        2023-05-09  reverse never-sent   because never_sent
        2023-06-01  grantee -> earmark    40000.00  because error
        2023-06-02  grantee -> treasury    7000.00  because unspent
        2023-06-03  grantee -> treasury     500.00  because unspent  as wrong
        2023-06-04  reverse wrong        because error
        2023-07-01  earmark -> grantee   900000.00  pending
        2023-12-31  earmark -> treasury   40000.00  because year_end in 2023-13.1
        2024-02-01  earmark -> grantee   300000.50
        2024-03-01  earmark -> earmark:faellesskabsguides-roede-kors  200000.00
        2024-04-01  earmark -> frame      50000.00
        2024-05-01  frame   -> treasury   50000.00  as returned
        2024-05-02  earmark -> frame      30000.00  as released
        2024-06-01  reverse released     because error
        2025-01-02  reverse returned     because error
        2026-04-01  earmark -> treasury  100000.00
    """)
    assert told(frame) == {
        2023: ("0.00", "20800000.00", "460000.00", "40000.00", "20300000.00", "20300000.00", "7000.00"),
        2024: ("20300000.00", "-50000.00", "300000.50", "0.00", "19949999.50", "19949999.50", "0.00"),
        2025: ("19949999.50", "50000.00", "0.00", "0.00", "19999999.50", "19949999.50", "0.00"),
        2026: ("19999999.50", "0.00", "0.00", "100000.00", "19899999.50", "19849999.50", "0.00"),
    }


def test_a_frame_that_nobody_has_paid_from_carries_all_of_it_over(frame):
    nothing = Money(0, "DKK")
    assert [(year.year, year.granted, year.used, year.closing) for year in years.settlement(frame)] == [
        (2023, frame.amount, nothing, frame.amount),
        (2024, nothing, nothing, frame.amount),
        (2025, nothing, nothing, frame.amount),
    ]


def test_a_month_tells_what_was_earmarked_and_what_was_paid_less_what_was_reversed(books, frame):
    books.play("""
        2023-04-01  earmark -> grantee   500000.00
        2023-04-02  earmark -> grantee   100000.00  as never-sent
        2023-05-09  reverse never-sent   because never_sent
        2023-06-01  grantee -> earmark    40000.00  because error
        2024-04-01  earmark -> frame      50000.00
    """)
    granted, *months = [(f"{month.first:%Y-%m}", int(month.earmarked.amount), int(month.disbursed.amount)) for month in years.months_of([frame])[frame.pk]]
    assert granted == ("2023-01", 20800000, 0)
    assert months == [("2023-04", 0, 600000), ("2023-05", 0, -100000), ("2023-06", 0, 0), ("2024-04", -50000, 0)]


def test_the_figures_of_the_finance_act_are_kept_as_they_stand_and_never_made_to_fit(client, people, frame, finance_act):
    assert finance_act.total == Money("19500000", "DKK") != frame.amount
    client.force_login(people.sofie)
    said = words(client.get(PAGE))
    assert f"Finanslovens tal: {SOURCE}. Skrevet ind af Karen Friis" in said
    assert "i alt 19.500.000,00 kr. , og rammen er 20.800.000,00 kr. Forskellen er 1.300.000,00 kr. Den vises og rettes ikke" in said
    assert "2024 foreløbig 3.500.000,00 20.800.000,00 0,00 0,00 0,00 20.800.000,00" in said


def test_a_new_version_says_why_and_the_old_one_stays(people, frame, finance_act):
    changed = kroner({**FINANCE_ACT, 2025: "10700000"})
    with pytest.raises(LedgerError) as refusal:
        years.record(people.karen, frame, figures=changed, source="Finanslov 2024", key=uuid.uuid4())
    assert refusal.value.rule == "year_profile_says_why_it_changed"
    key = uuid.uuid4()
    newer = years.record(people.karen, frame, figures=changed, source="Finanslov 2024", reason="Videreførsel indbudgetteret", key=key)
    assert (newer.number, newer.total) == (2, frame.amount)
    assert years.record(people.karen, frame, figures=changed, source="Finanslov 2024", reason="Videreførsel indbudgetteret", key=key) == newer
    with pytest.raises(LedgerError) as refusal:
        years.record(people.karen, frame, figures=kroner(FINANCE_ACT), source="Finanslov 2024", reason="Videreførsel indbudgetteret", key=key)
    assert refusal.value.rule == "key_decides_one_thing"
    assert years.current(frame) == newer
    assert YearProfile.objects.get(pk=finance_act.pk).total == Money("19500000", "DKK")


def test_who_does_not_close_periods_writes_no_figures(people, frame):
    with pytest.raises(PermissionDenied):
        years.record(people.sofie, frame, figures=kroner(FINANCE_ACT), source=SOURCE, key=uuid.uuid4())


RECORD = "SELECT initiatives_record_year_profile(gen_random_uuid(), %s, (SELECT min(id) FROM initiatives_frame), %s, %s, %s::int[], %s::numeric[])"


@pytest.mark.parametrize(
    ("rule", "who", "source", "over", "amounts"),
    [
        ("year_profile_is_recorded_with_the_right", "mette", SOURCE, [2023], ["1"]),
        ("year_profile_names_its_source", "karen", " \n", [2023], ["1"]),
        ("year_profile_has_figures", "karen", SOURCE, [], []),
        ("year_profile_has_figures", "karen", SOURCE, [2023, 2024], ["1"]),
        ("year_profile_has_each_year_once", "karen", SOURCE, [2023, 2023], ["1", "1"]),
        ("year_profile_has_each_year_once", "karen", SOURCE, [23], ["1"]),
        ("year_figure_is_in_whole_oere", "karen", SOURCE, [2023], ["0.005"]),
        ("year_figure_is_in_whole_oere", "karen", SOURCE, [2023], ["-0.01"]),
        ("year_figure_is_in_whole_oere", "karen", SOURCE, [2023], ["NaN"]),
        ("year_figure_is_in_whole_oere", "karen", SOURCE, [2023], [None]),
        ("year_figure_is_in_whole_oere", "karen", SOURCE, [2023], ["1e12"]),
    ],
)
def test_sql_writes_no_figures_that_the_verb_would_not(application, rule, who, source, over, amounts):
    with application.refused(rule):
        application.run(RECORD, application.person(who), source, "", over, amounts)


def test_sql_replaces_no_figures_without_a_reason_and_adds_none_to_a_profile(application):
    application.run(RECORD, application.karen, SOURCE, "", [2023], ["6600000"])
    with application.refused("year_profile_says_why_it_changed"):
        application.run(RECORD, application.karen, SOURCE, "\u00a0", [2023], ["1"])
    with application.refused("42501"):
        application.run("INSERT INTO initiatives_yearfigure (profile_id, year, amount, amount_currency) SELECT id, 2024, 1, 'DKK' FROM initiatives_yearprofile")


def test_a_key_records_one_profile_by_sql_too(application):
    keyed, key = RECORD.replace("gen_random_uuid()", "%s"), uuid.uuid4()
    first = application.one(keyed, key, application.karen, SOURCE, "", [2023], ["6600000"])
    assert application.one(keyed, key, application.karen, SOURCE, "", [2023], ["6600000.00"]) == first
    with application.refused("key_decides_one_thing"):
        application.run(keyed, key, application.karen, SOURCE, "", [2023], ["6600000.01"])


CHANGES = [
    "UPDATE initiatives_yearfigure SET amount = 1",
    "DELETE FROM initiatives_yearfigure",
    "TRUNCATE initiatives_yearfigure",
    "UPDATE initiatives_yearprofile SET source = 'x'",
    "DELETE FROM initiatives_yearprofile",
    "TRUNCATE initiatives_yearprofile CASCADE",
]


def test_not_even_the_owner_changes_a_figure(owner):
    owner.run(RECORD, owner.karen, SOURCE, "", [2023], ["6600000"])
    owner.run("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks that wait cannot be emptied anyway
    for change in CHANGES:
        with owner.refused("controls_are_only_added_to"):
            owner.run(change)


FIGURE = "INSERT INTO initiatives_yearfigure (profile_id, year, amount, amount_currency) SELECT id, %s, %s, 'DKK' FROM initiatives_yearprofile"
PROFILE = """
    INSERT INTO initiatives_yearprofile (key, frame_id, number, source, reason, made_by_id)
    SELECT coalesce(%s, key), frame_id, number + %s, source, '', made_by_id FROM initiatives_yearprofile
"""


def test_a_profile_that_breaks_a_constraint_is_refused_behind_the_door_too(owner):
    owner.run(RECORD, owner.karen, SOURCE, "", [2023], ["6600000"])
    with owner.refused("year_figure_is_not_negative"):
        owner.run(FIGURE, 2024, -1)
    with owner.refused("year_profile_has_each_year_once"):
        owner.run(FIGURE, 2023, 1)
    with owner.refused("year_profile_has_its_number"):
        owner.run(PROFILE, uuid.uuid4(), 0)
    with owner.refused("initiatives_yearprofile_key_key"):
        owner.run(PROFILE, None, 1)


def test_a_controller_writes_the_figures_down_and_errors_stand_beside_their_fields(client, people, frame):
    client.force_login(people.karen)
    assert "Skriv finanslovens tal ind" in words(client.get(PAGE))
    form = client.get(FORM).context["form"]
    assert form.years == [2023, 2024, 2025, 2026]
    sent = {"key": str(form["key"].value()), "source": "", "figure_2023": "6,600,000.00", "figure_2024": "3.500.000,005", "figure_2025": "-1"}
    wrong = client.post(FORM, sent).context["form"]
    assert set(wrong.errors) == {"figure_2023", "figure_2024", "figure_2025", "source"}
    assert "punktum mellem tusinder" in wrong.errors["figure_2023"][0]
    assert "Angiv tallet for mindst ét finansår." in words(client.post(FORM, {"key": sent["key"], "source": SOURCE}))
    assert not YearProfile.objects.exists()
    right = {**sent, "source": SOURCE, "figure_2023": "6.600.000", "figure_2024": "3.500.000,00", "figure_2025": "9400000", "figure_2026": "0"}
    assert client.post(FORM, right)["Location"] == PAGE
    (profile,) = YearProfile.objects.all()
    assert {figure.year: str(figure.amount.amount) for figure in profile.figures.all()} == {
        2023: "6600000.00",
        2024: "3500000.00",
        2025: "9400000.00",
        2026: "0.00",
    }
    again = client.get(FORM).context["form"]
    assert again["figure_2024"].value() == "3.500.000,00"
    assert "Angiv, hvorfor tallene ændres." in words(client.post(FORM, {**right, "key": str(uuid.uuid4())}))
    client.force_login(people.sofie)
    assert client.get(FORM).status_code == 403


def test_the_file_is_the_page_to_the_oere(client, people, frame, finance_act, books):
    books.play("2023-04-01  earmark -> grantee   500000.01")
    client.force_login(people.sofie)
    shown = client.get(PAGE).context["settlements"][0]
    page = [[row.went.year, row.state, row.figure.amount, *(amount.amount for amount in list(vars(row.went).values())[1:])] for row in shown.rows]
    assert str(page[0][5]) == "500000.01"
    sheet = openpyxl.load_workbook(io.BytesIO(client.get(f"{PAGE}{frame.slug}.xlsx").getvalue())).worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(min_row=2, max_row=1 + len(page), values_only=True)]
    assert rows == [[*row[:2], *(pytest.approx(float(amount), abs=0.001) for amount in row[2:])] for row in page]
    told_in_csv = list(csv.reader(io.StringIO(client.get(f"{PAGE}{frame.slug}.csv").getvalue().decode("utf-8-sig")), delimiter=";"))
    assert told_in_csv[1:] == [[str(row[0]), row[1], *(number(amount).replace(".", "") for amount in row[2:])] for row in page]


def test_the_settlement_and_its_form_read_well_at_a_desk_and_on_a_phone(visit, people):
    frame = Frame.objects.get(slug="ensomhed-2023-2025")
    years.record(people.karen, frame, figures=kroner(FINANCE_ACT), source=SOURCE, key=uuid.uuid4())
    karen = visit("karen")
    karen.go(FORM)
    karen.page.get_by_label("2024, kr.").fill("halvfems")
    karen.page.get_by_role("button", name="Gem tallene").click()
    karen.look()
    assert "Det kan ikke læses som et beløb." in karen.text()
    karen.page.set_viewport_size({"width": 390, "height": 844})
    karen.look()
    karen.page.get_by_label("2024, kr.").fill("4.800.000")
    karen.page.get_by_label("Hvorfor tallene ændres").fill("Ændringsforslag til finansloven")
    karen.page.get_by_role("button", name="Gem tallene").click()
    karen.look()
    assert "Finanslovens tal er i alt det samme som rammen, 20.800.000,00 kr." in karen.text()
    karen.page.set_viewport_size({"width": 1280, "height": 900})
    karen.page.get_by_text("Tidligere versioner").click()
    karen.look()
