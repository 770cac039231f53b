"""The rules of initiatives met in plain SQL, as the application's role or, where a rule stands behind another one, as the owner with that one asleep."""

import psycopg
import pytest

from ensomhed import roles
from ensomhed.postgres.base import running
from tests.around import Around

LIFT_SLUG, AGENCY, FME = "lift-mary-fonden", "sekretariat-sbst", "landsindsats-folkebevaegelsen"
DETAILS = {"method": "account", "cvr": "", "registration_number": "9999", "account_number": "1234567", "effective_from": "2023-01-01"}
HARBOUR = {"name": "Havnen", "cvr": "99999900", "state_agency": False}


# The one mechanism


def test_a_period_is_proposed_open_only_when_it_is_closed_and_decided_on_as_it_then_stands(application):
    around = Around(application)
    reopening = {"kind": "reopening", "by": "karen", "after": {"closed": []}, "subject": "period:2023-01"}
    with around.refused("reopening_names_a_closed_period"):
        around.propose(**reopening)
    application.close("2023-01")
    proposal = around.propose(**reopening)
    application.close("2023-02")
    with around.refused("proposal_still_fits"):
        around.decide(proposal, "mette")


def test_nobody_opens_a_period_again_alone(owner):
    owner.close("2023-01")
    with owner.refused("second_person_approves"):
        owner.run("SELECT ledger_reopen_periods('2023-01', %s, %s)", owner.karen, owner.karen)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO initiatives_proposal (key, kind_id, subject, before, after, reason, proposed_by_id) VALUES (gen_random_uuid(), 'role', '', '{}', '{}', '', 1)",
        "INSERT INTO initiatives_receipt (key, deadline_id, received_on, voucher_id, recorded_by_id) VALUES (gen_random_uuid(), 1, '2023-03-01', '', 1)",
        (
            "INSERT INTO initiatives_claim (key, earmark_id, amount, amount_currency, cause, raised_on, due, reason, raised_by_id)"
            " VALUES (gen_random_uuid(), 1, 1, 'DKK', 'error', '2023-03-01', '2023-03-01', 'x', 1)"
        ),
        "INSERT INTO initiatives_accountsuse (accounts_id, transfer_id) VALUES (1, 1)",
        "INSERT INTO initiatives_casemessage (key, case_id, text, closes, by_grantee, written_by_id) VALUES (gen_random_uuid(), 1, 'x', false, false, 1)",
        "SELECT initiatives_release_payments(gen_random_uuid(), 1)",
        "SELECT initiatives_take_statement(gen_random_uuid(), 1, 'x', 'x', '2023-03-01', '2023-03-01', '[]')",
        "SELECT initiatives_make_plan(gen_random_uuid(), 1, 1, 1, '[]')",
        "SELECT initiatives_record_year_profile(gen_random_uuid(), 1, 1, 'x', '', '{2023}', '{1}')",
        "SELECT initiatives_close_period('2023-01', 1, '', '{}')",
        "SELECT ledger_hold_period('2023-01', 1, true)",
    ],
    ids=["proposal", "receipt", "claim", "accounts", "case", "file", "list", "plan", "profile", "closing", "holding"],
)
def test_nobody_writes_on_an_old_view(application, statement):
    with psycopg.connect(**running().address(roles.APPLICATION)) as old:
        old.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with pytest.raises(psycopg.Error) as refusal:
            old.execute(statement)
    assert refusal.value.diag.constraint_name == "books_are_written_on_what_is_newest"


# Who receives


@pytest.mark.parametrize(
    ("rule", "grantee", "changes"),
    [
        ("details_fit_the_grantee", "sbst", {}),
        ("details_fit_the_grantee", "mary-fonden", {"method": "internal", "registration_number": "", "account_number": ""}),
        ("nemkonto_has_a_cvr_number", "mary-fonden", {"cvr": "99999934"}),
        ("nemkonto_is_the_grantees_own", "havnen", {"method": "nemkonto", "cvr": "99999918", "registration_number": "", "account_number": ""}),
        ("registration_number_is_four_digits", "mary-fonden", {"registration_number": "99999"}),
        ("account_number_is_up_to_ten_digits", "mary-fonden", {"account_number": "12345678901"}),
    ],
)
def test_details_that_lead_nowhere_are_not_proposed(application, rule, grantee, changes):
    around = Around(application)
    around.decide(around.propose("grantee", "mette", HARBOUR, subject="havnen"), "lars")
    with around.refused(rule):
        around.propose("payment_details", "nina", {**DETAILS, **changes}, grantee=grantee)


def test_a_grantee_that_nobody_approved_has_no_details(owner):
    around = Around(owner)
    around.sleep("grantee")
    around.insert("grantee", slug="havnen", **HARBOUR)
    with around.refused("details_are_of_an_approved_grantee"):
        around.propose("payment_details", "nina", DETAILS, grantee="havnen")


@pytest.mark.parametrize(
    ("rule", "slug", "after"),
    [
        ("grantee_is_described", "havnen", {**HARBOUR, "name": " "}),
        ("grantee_is_described", "HAVNEN", HARBOUR),
        ("grantee_is_described", "havnen", {**HARBOUR, "owner": "Anna"}),
        ("grantee_cvr_is_eight_digits", "havnen", {**HARBOUR, "cvr": "9999990"}),
        ("grantee_name_is_its_own", "havnen", {**HARBOUR, "name": "MARY FONDEN"}),
        ("grantee_stays_what_it_is", "sbst", {**HARBOUR, "name": "Social- og Boligstyrelsen"}),
    ],
)
def test_a_grantee_is_proposed_whole_and_only_as_what_it_is(application, rule, slug, after):
    around = Around(application)
    with around.refused(rule):
        around.propose("grantee", "mette", after, subject=slug, grantee=slug if slug == "sbst" else None)


@pytest.mark.parametrize("deed", ["UPDATE initiatives_earmark SET amount = 1", "DELETE FROM initiatives_earmark", "TRUNCATE initiatives_earmark CASCADE"])
def test_not_even_the_owner_describes_a_grant_otherwise(owner, deed):
    with owner.refused("earmark_facts_never_change"):
        owner.run(deed)


def test_what_a_payment_was_made_on_is_not_written_by_hand(owner):
    with owner.refused("basis_comes_with_its_payment"):
        Around(owner).insert("paymentbasis")


# Deadlines


def reject(around: Around, of: int, by: str) -> int:
    receipt = around.one("SELECT max(id) FROM initiatives_receipt WHERE deadline_id = %s", of)
    return around.insert("receiptrejection", receipt_id=receipt, reason="Forkert bilag", rejected_by_id=around.person(by))


def receive(around: Around, of: int, by: str, day: str = "2024-01-20") -> int:
    return around.insert("receipt", deadline_id=of, received_on=day, voucher_id=around.intruder.voucher, recorded_by_id=around.person(by))


def test_a_receipt_is_recorded_by_who_may_on_a_day_that_it_can_have_come_and_once(application):
    around = Around(application)
    report = around.deadline("status_report")
    with around.refused("receipt_is_recorded_with_the_right"):
        receive(around, report, "karen")
    for day in ("2022-12-31", "2999-01-01", "infinity"):
        with around.refused("receipt_is_dated_when_it_came"):
            receive(around, report, "sofie", day)
    with around.refused("deadline_is_met_once"):
        receive(around, report, "sofie")


def test_who_handles_an_agencys_own_earmark_receives_nothing_of_it(application):
    around = Around(application)
    agency = around.one("SELECT grantee_id FROM initiatives_earmark WHERE slug = %s", AGENCY)
    around.insert("tie", grantee_id=agency, person_id=application.sofie, why="handler", since="2023-01-01", recorded_by_id=application.mette)
    with around.refused("tied_hands_receive_nothing"):
        receive(around, around.deadline("accounts", earmark=AGENCY), "sofie")


def test_tied_hands_neither_propose_nor_pay(application):
    around = Around(application)
    agency = around.one("SELECT grantee_id FROM initiatives_earmark WHERE slug = %s", AGENCY)
    for person in ("nina", "sofie"):
        around.insert("tie", grantee_id=agency, person_id=around.person(person), why="handler", since="2023-01-01", recorded_by_id=application.mette)
    with around.refused("tied_hands_do_not_propose"):
        around.propose("payment_details", "nina", {**DETAILS, "method": "internal", "registration_number": "", "account_number": ""}, grantee="sbst")
    with around.refused("tied_hands_do_not_pay"):
        application.disburse(p_debit=f"earmark:{AGENCY}", p_credit=f"grantee:{AGENCY}")


def test_a_receipt_is_rejected_by_another_and_once_and_then_payments_stop(application):
    around = Around(application)
    report = around.deadline("status_report")
    with around.refused("receipt_is_rejected_by_another"):
        reject(around, report, "sofie")
    with around.refused("receipt_is_recorded_with_the_right"):
        reject(around, report, "karen")
    reject(around, report, "anders")
    with around.refused("receipt_is_rejected_once"):
        reject(around, report, "anders")
    application.disburse(p_value_date="2024-01-31")
    with around.refused("reports_are_not_overdue"):
        application.disburse(p_value_date="2024-02-01")


@pytest.mark.parametrize(
    ("rule", "kind", "subject", "after"),
    [
        ("extension_names_a_deadline", "extension", "deadline:0", {"due": "2024-02-15"}),
        ("extension_is_later_and_ends", "extension", "deadline", {"due": "2024-01-31"}),
        ("extension_is_later_and_ends", "extension", "deadline", {"due": "2025-02-01"}),
        ("extension_is_later_and_ends", "extension", "deadline", {"due": "infinity"}),
        ("override_names_a_stop", "override", "deadline:0", {"until": "2024-02-15"}),
        ("override_ends", "override", "deadline", {"until": "9999-12-31"}),
        ("override_ends", "override", "stop:terms", {}),
    ],
)
def test_a_deadline_is_extended_and_a_stop_overridden_by_name_and_not_for_ever(application, rule, kind, subject, after):
    around = Around(application)
    named = f"deadline:{around.deadline('status_report')}" if subject == "deadline" else subject
    with around.refused(rule):
        around.propose(kind, "sofie", after, subject=named, earmark=LIFT_SLUG)


# What is told, and cases


def test_a_case_says_something_about_something_of_the_grantees_own(application):
    around = Around(application)
    maria, grantee = around.person("maria"), around.one("SELECT id FROM initiatives_grantee WHERE slug = 'mary-fonden'")
    other = {"p_debit": f"earmark:{FME}", "p_credit": f"grantee:{FME}"}
    with around.refused("case_says_what_is_wrong"):
        around.insert("case", grantee_id=grantee, opened_by_id=maria, text=" ")
    with around.refused("case_is_about_its_grantee"):
        around.insert("case", grantee_id=grantee, opened_by_id=maria, text="Beløbet er forkert", transfer_id=application.pay(**other)["id"])
    case = around.insert("case", grantee_id=grantee, opened_by_id=maria, text="Beløbet er forkert", transfer_id=application.pay()["id"])
    with around.refused("case_says_what_is_wrong"):
        around.insert("casemessage", case_id=case, written_by_id=application.karen, text="\u00a0")


# Access, history, logging in


@pytest.mark.parametrize(
    ("rule", "kind", "by", "subject", "after"),
    [
        ("role_is_for_somebody", "role", "adam", "user:0", {"roles": ["Sagsbehandler"]}),
        ("role_is_for_somebody", "role", "adam", "user:sofie", {"roles": ["Direktør"]}),
        ("nobody_gives_themselves_a_role", "role", "adam", "user:adam", {"roles": ["Ledelse"]}),
        ("factor_reset_takes_all_away", "factor_reset", "adam", "user:sofie", {"steps": ["totp"]}),
        ("succession_names_another_organisation", "succession", "mette", "", {"successor": "mary-fonden", "from": "2024-01-01"}),
        ("succession_names_another_organisation", "succession", "mette", "", {"successor": "roede-kors"}),
    ],
)
def test_sql_proposes_no_role_reset_or_succession_that_the_verb_would_not(application, rule, kind, by, subject, after):
    around = Around(application)
    named = f"user:{application.person(subject[5:])}" if subject[5:].isalpha() else subject
    with around.refused(rule):
        around.propose(kind, by, after, subject=named, grantee="mary-fonden" if kind == "succession" else None)


def test_nobody_follows_whom_they_were_followed_by(application):
    around = Around(application)
    around.decide(around.propose("succession", "mette", {"successor": "roede-kors", "from": "2024-01-01"}, grantee="mary-fonden"), "lars")
    with around.refused("succession_does_not_run_in_a_circle"):
        around.propose("succession", "mette", {"successor": "mary-fonden", "from": "2024-01-01"}, grantee="roede-kors")
