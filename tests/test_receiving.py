"""Payment details: proposed, verified and approved by three persons, none of whom pays on them. Through the verbs, and around them with SQL as the application."""

import json
import uuid
from datetime import date

import psycopg
import pytest
from django.core.exceptions import PermissionDenied

from initiatives import payments
from initiatives.control import proposals
from initiatives.models import Earmark, Proposal
from initiatives.receiving import cvr, details, hands
from ledger.kinds import Cause
from ledger.models import Transfer
from ledger.refusals import LedgerError, SecondPerson
from tests.receiving import ACCOUNT, MARCH, approve, decide, new_grantee, propose, register, settle, verify

NEMKONTO = {"method": "nemkonto", "cvr": "99999934", "registration_number": "", "account_number": ""}
INTERNAL = {"method": "internal", "cvr": "", "registration_number": "", "account_number": ""}
BEFORE, LATER = date(2022, 12, 31), date(2025, 6, 1)


def refusal_of(call, *args, **kwargs) -> LedgerError:
    with pytest.raises(LedgerError) as refusal:
        call(*args, **kwargs)
    return refusal.value


@pytest.fixture
def agency(people) -> Earmark:
    return Earmark.objects.with_accounts().get(slug="sekretariat-sbst")


# What may be proposed


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"method": "kontant"}, "details_are_of_a_known_method", "method"),
        ({**INTERNAL}, "details_fit_the_grantee", "method"),
        ({**NEMKONTO, "cvr": ""}, "nemkonto_has_a_cvr_number", "cvr"),
        ({**NEMKONTO, "cvr": "9999993"}, "nemkonto_has_a_cvr_number", "cvr"),
        ({**NEMKONTO, "cvr": "９９９９９９３４"}, "nemkonto_has_a_cvr_number", "cvr"),
        ({**ACCOUNT, "cvr": "99999934"}, "nemkonto_has_a_cvr_number", "cvr"),
        ({**ACCOUNT, "registration_number": "999"}, "registration_number_is_four_digits", "registration_number"),
        ({**NEMKONTO, "registration_number": "9999"}, "registration_number_is_four_digits", "registration_number"),
        ({**ACCOUNT, "account_number": ""}, "account_number_is_up_to_ten_digits", "account_number"),
        ({**ACCOUNT, "account_number": "12345678901"}, "account_number_is_up_to_ten_digits", "account_number"),
        ({**ACCOUNT, "account_number": "12345\n"}, "account_number_is_up_to_ten_digits", "account_number"),
        ({"reason": " "}, "proposal_has_a_reason", "reason"),
        ({"voucher": None}, "proposal_has_its_document", "voucher"),
    ],
)
def test_details_that_lead_nowhere_are_refused_beside_their_field(people, lift, changes, rule, field):
    refusal = refusal_of(propose, people, lift.grantee, **changes)
    assert (refusal.rule, refusal.field) == (rule, field)


def test_a_state_agency_is_paid_by_internal_transfer_and_in_no_other_way(people, agency):
    assert refusal_of(propose, people, agency.grantee).rule == "details_fit_the_grantee"
    propose(people, agency.grantee, **INTERNAL, effective_from=LATER)


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        ({**ACCOUNT, "cvr": "", "effective_from": "2023-02-30"}, "details_count_from_a_day"),
        ({**ACCOUNT, "cvr": "", "effective_from": "infinity"}, "details_count_from_a_day"),
        ({**ACCOUNT, "cvr": "", "effective_from": ""}, "details_count_from_a_day"),
        ({**ACCOUNT, "cvr": ""}, "details_are_of_a_known_method"),
        ({**ACCOUNT, "cvr": "", "effective_from": "2023-01-01", "iban": "GB33"}, "details_are_of_a_known_method"),
        ({**ACCOUNT, "cvr": None, "effective_from": "2023-01-01"}, "details_are_of_a_known_method"),
        ({**ACCOUNT, "account_number": 123456, "cvr": "", "effective_from": "2023-01-01"}, "details_are_of_a_known_method"),
        ([], "proposal_changes_something"),
    ],
)
def test_sql_proposes_nothing_else_than_the_verb_does(application, after, rule):
    with application.refused(rule):
        application.run(
            "INSERT INTO initiatives_proposal (key, kind_id, grantee_id, subject, before, after, reason, voucher_id, proposed_by_id)"
            " SELECT gen_random_uuid(), 'payment_details', id, '', '{}', %s, 'Ny bank', %s, %s FROM initiatives_grantee WHERE slug = 'mary-fonden'",
            json.dumps(after),
            application.voucher,
            application.person("nina"),
        )


def test_a_nemkonto_is_the_grantees_own_once_its_cvr_number_is_known(people):
    grantee = new_grantee(people)
    refusal = refusal_of(propose, people, grantee, **{**NEMKONTO, "cvr": "99999918"})
    assert (refusal.rule, refusal.field) == ("nemkonto_is_the_grantees_own", "cvr")
    assert "99999934" in str(refusal)
    propose(people, grantee, **NEMKONTO)


def test_only_who_has_the_right_proposes_verifies_and_approves(people, lift):
    with pytest.raises(PermissionDenied):
        propose(people, lift.grantee, by=people.sofie)
    proposal = propose(people, lift.grantee)
    with pytest.raises(PermissionDenied):
        verify(people, proposal, by=people.anders)
    verify(people, proposal)
    with pytest.raises(PermissionDenied):
        approve(people, proposal, by=people.anders)


def test_it_takes_three_persons(committed, appoint, people, lift):
    proposal = propose(people, lift.grantee)
    assert refusal_of(verify, people, proposal, by=people.nina).rule == "verifier_is_another_person"
    assert refusal_of(approve, people, proposal).rule == "proposal_is_verified_first"
    verify(people, proposal)
    karen = appoint(people.karen, "Ledelse")
    assert proposals.barred(proposal, karen) == "verified"
    assert refusal_of(approve, people, proposal, by=karen).rule == "barred_person_does_not_decide"
    assert refusal_of(approve, people, proposal, by=appoint(people.nina, "Ledelse")).rule == "second_person_decides"
    approve(people, proposal)


# What is in force


def test_what_is_proposed_verified_or_rejected_changes_nothing(people, lift):
    before = details.in_force(lift.grantee, MARCH)
    proposal = propose(people, lift.grantee)
    assert details.in_force(lift.grantee, MARCH) == before
    verify(people, proposal)
    assert details.in_force(lift.grantee, MARCH) == before
    proposals.reject(people.mette, proposal, reason="Banken kender ikke kontoen", key=uuid.uuid4())
    assert details.in_force(lift.grantee, MARCH) == before


def test_the_value_date_decides_and_of_those_that_count_the_newest_approved(people, lift):
    first = details.in_force(lift.grantee, MARCH)
    later = decide(people, lift.grantee, effective_from=LATER)
    assert details.in_force(lift.grantee, BEFORE) is None
    assert [details.in_force(lift.grantee, day) for day in (MARCH, date(2025, 5, 31), LATER)] == [first, first, later]
    corrected = decide(people, lift.grantee, effective_from=date(2024, 1, 1), account_number="1")
    assert [details.in_force(lift.grantee, day) for day in (MARCH, date(2024, 1, 1), LATER)] == [first, corrected, corrected]


def test_every_grantee_has_its_own(people, lift, agency):
    assert details.in_force(agency.grantee, MARCH).after["method"] == "internal"
    assert details.in_force(lift.grantee, MARCH).after["method"] == "account"


# No payment without them


def test_an_account_that_is_no_earmark_of_anybody_is_never_paid_from(books):
    books.play("""
        2024-01-10  earmark -> frame     2000.00
        2024-01-15  open earmark:hemmelig
        2024-01-15  frame -> earmark:hemmelig  1000.00
        2024-01-16  earmark:hemmelig -> grantee:hemmelig  1.00  ! details_in_force
    """)


def test_a_grantee_that_is_approved_and_has_no_details_is_not_paid(application):
    with application.refused("details_in_force"):
        application.disburse(**_undecided(application))


def _undecided(application) -> dict[str, str]:
    """An earmark of a grantee that was approved and has no payment details, as the application's role makes it in SQL."""
    voucher, mette, lars = application.voucher, application.mette, application.lars
    proposal = application.one(
        "INSERT INTO initiatives_proposal (key, kind_id, subject, before, after, reason, voucher_id, proposed_by_id) VALUES (gen_random_uuid(), 'grantee',"
        " 'nyt-haab', '{}', %s, 'Aftalen', %s, %s) RETURNING id",
        json.dumps({"name": "Fonden Nyt Håb", "cvr": "", "state_agency": False}),
        voucher,
        mette,
    )
    application.run(
        "INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_by_id) VALUES (gen_random_uuid(), %s, true, '', %s)", proposal, lars
    )
    frame = "frame:ensomhed-2023-2025"
    for code, kind, parent, holder in (
        ("earmark:nyt-haab", "earmark", frame, ""),
        ("grantee:nyt-haab", "grantee", "earmark:nyt-haab", "nyt-haab"),
        ("used:nyt-haab", "used", "earmark:nyt-haab", ""),
        ("written-off:nyt-haab", "written_off", "earmark:nyt-haab", ""),
    ):
        application.run("SELECT ledger_open_account(%s, 'Nyt Håb', %s, %s, %s)", code, kind, parent, holder)
    application.run(
        "INSERT INTO initiatives_earmark (slug, track, track_en, amount, amount_currency, award, must_pass_on, must_partner, condition, condition_en, source,"
        " initiative_id, grantee_id, account_id, grantee_account_id, used_account_id, written_off_account_id)"
        " SELECT 'nyt-haab', '', '', 1000, 'DKK', 'direct_grant', false, false, '', '', 'Aftalen', e.initiative_id, g.id, a.id, r.id, u.id, w.id"
        " FROM initiatives_earmark e, initiatives_grantee g, ledger_account a, ledger_account r, ledger_account u, ledger_account w"
        " WHERE e.slug = 'lift-mary-fonden' AND g.slug = 'nyt-haab' AND a.code = 'earmark:nyt-haab' AND r.code = 'grantee:nyt-haab'"
        " AND u.code = 'used:nyt-haab' AND w.code = 'written-off:nyt-haab'"
    )
    released = application.disburse(p_kind="release", p_debit="earmark:lift-mary-fonden", p_credit=frame, p_booked_by=mette)
    application.settle(released, p_booked_by=lars)
    granted = application.disburse(p_kind="earmarking", p_debit=frame, p_credit="earmark:nyt-haab", p_booked_by=mette)
    application.settle(granted, p_booked_by=lars)
    return {"p_debit": "earmark:nyt-haab", "p_credit": "grantee:nyt-haab"}


# Whose hands


@pytest.mark.parametrize("part", ["proposer", "verifier", "approver"])
def test_none_of_the_three_registers_or_approves_a_payment_on_them(committed, appoint, people, lift, part):
    name = {"proposer": "nina", "verifier": "karen", "approver": "mette"}[part]
    decide(people, lift.grantee, approver=people.mette)
    person = appoint(getattr(people, name), "Sagsbehandler", "Godkender")
    refusal = refusal_of(register, people, lift, by=person)
    assert (type(refusal), refusal.rule) == (SecondPerson, "details_hands_do_not_pay")
    pending = register(people, lift)
    assert refusal_of(settle, people, pending, by=person).rule == "details_hands_do_not_pay"
    with committed.connect() as connection, pytest.raises(psycopg.Error) as blow:
        connection.execute("SELECT ledger_book(gen_random_uuid(), 'post', %s, p_pending => %s)", [person.pk, pending.pk])
    assert blow.value.diag.constraint_name == "details_hands_do_not_pay"
    assert not Transfer.objects.filter(pending=pending).exists()
    settle(people, pending)


def test_whose_details_are_no_longer_in_force_may_pay_again(committed, appoint, people, lift):
    person = appoint(people.pia, "Stamdata", "Sagsbehandler")
    decide(people, lift.grantee, proposer=person)
    assert refusal_of(register, people, lift, by=person).rule == "details_hands_do_not_pay"
    decide(people, lift.grantee, account_number="42")
    register(people, lift, by=person)


def test_the_page_knows_beforehand_what_postgresql_will_say(committed, appoint, people, lift):
    appoint(people.nina, "Sagsbehandler")
    appoint(people.lars, "Godkender")
    told = hands.payers(lift, MARCH)
    assert told.details == details.in_force(lift.grantee, MARCH)
    assert [str(person) for person in told.register] == ["Sofie Lund", "Søren Østergård"]
    assert [str(person) for person in told.approve] == ["Anders Holm"]
    assert {str(person): rule for person, rule in told.kept_away} == {
        "Nina Bech": "details_hands_do_not_pay",
        "Lars Bach": "details_hands_do_not_pay",
    }
    assert "betalingsoplysningerne" in told.why_not(people.nina)
    assert told.why_not(people.sofie) == ""


# Changed in between


def test_a_payment_is_approved_on_the_details_that_it_was_registered_on_or_not_at_all(people, lift):
    pending = register(people, lift)
    decide(people, lift.grantee)
    refusal = refusal_of(settle, people, pending)
    assert refusal.rule == "details_are_those_registered"
    assert "registreret på ny" in str(refusal)
    payments.reject(people.anders, pending, reason="Ny konto", key=uuid.uuid4())
    anew = register(people, lift)
    settle(people, anew)
    assert details.paid_on(anew).after["account_number"] == ACCOUNT["account_number"]


def test_changed_and_changed_back_is_changed_as_well(people, lift):
    was = details.in_force(lift.grantee, MARCH).after
    pending = register(people, lift)
    decide(people, lift.grantee)
    back = {name: value for name, value in was.items() if name != "effective_from"}
    decide(people, lift.grantee, **back)
    assert details.in_force(lift.grantee, MARCH).after == was
    assert refusal_of(settle, people, pending).rule == "details_are_those_registered"


def test_details_that_count_later_leave_the_payments_before_them_alone(people, lift):
    pending, late = register(people, lift), register(people, lift)
    decide(people, lift.grantee, effective_from=LATER)
    settle(people, pending)
    assert refusal_of(settle, people, late, value_date=LATER).rule == "details_are_those_registered"


# What a payment was made on


def test_every_disbursement_keeps_the_details_it_was_made_on(people, lift):
    first = details.in_force(lift.grantee, MARCH)
    paid = settle(people, register(people, lift))
    second = decide(people, lift.grantee)
    assert details.paid_on(paid) == first
    assert details.paid_on(register(people, lift)) == second
    assert details.paid_on_each([paid]) == {paid.pk: details.said(first.after)}


def test_what_books_a_payment_anew_sends_no_money_and_inherits_its_details(people, agency):
    campaign = Earmark.objects.with_accounts().get(slug="landsindsats-sbst")
    paid = settle(people, register(people, campaign))
    inherited = details.paid_on(paid)
    decide(people, agency.grantee, **INTERNAL, effective_from=date(2023, 2, 1))
    document = Proposal.objects.filter(kind="payment_details").first().voucher
    reversal = payments.book_anew(people.sofie, paid, agency, value_date=date(2023, 4, 3), voucher=document, key=uuid.uuid4())
    settle(people, reversal)
    replacement = Transfer.objects.get(replaces=paid, step="post")
    assert details.paid_on(replacement) == inherited != details.in_force(agency.grantee, MARCH)


def test_clear_hands_book_a_payment_anew_as_well(committed, appoint, people, agency):
    campaign = Earmark.objects.with_accounts().get(slug="landsindsats-sbst")
    paid = settle(people, register(people, campaign))
    nina = appoint(people.nina, "Sagsbehandler")
    document = Proposal.objects.filter(kind="payment_details").first().voucher
    refusal = refusal_of(payments.book_anew, nina, paid, agency, value_date=date(2023, 4, 3), voucher=document, key=uuid.uuid4())
    assert refusal.rule == "details_hands_do_not_pay"
    assert not Transfer.objects.filter(kind="reversal", cause=Cause.BOOKED_ANEW).exists()


@pytest.mark.parametrize(
    ("credential", "changed", "added"), [("application", "42501", "42501"), ("owner", "controls_are_only_added_to", "basis_comes_with_its_payment")]
)
def test_the_basis_of_a_payment_is_nobodys_to_write(request, credential, changed, added):
    intruder = request.getfixturevalue(credential)
    paid = intruder.disburse()
    other = intruder.one("SELECT max(id) FROM initiatives_proposal WHERE kind_id = 'payment_details'")
    for statement in (
        "UPDATE initiatives_paymentbasis SET details_id = %s WHERE transfer_id = %s",
        "DELETE FROM initiatives_paymentbasis WHERE %s > 0 AND transfer_id = %s",
    ):
        with intruder.refused(changed):
            intruder.run(statement, other, paid["id"])
    intruder.run("SET CONSTRAINTS ALL IMMEDIATE")
    with intruder.refused(changed):
        intruder.run("TRUNCATE initiatives_paymentbasis")
    with intruder.refused(added):
        intruder.run("INSERT INTO initiatives_paymentbasis (details_id, transfer_id) VALUES (%s, 1)", other)


# Modulus 11


@pytest.mark.parametrize(("number", "sound"), [("99999934", True), ("99999935", False), ("99999918", True), ("10000000", False)])
def test_a_cvr_number_that_fails_modulus_11_is_warned_about_and_never_blocked(people, lift, number, sound):
    assert cvr.checks_out(number) is sound
    proposal = propose(people, lift.grantee, **{**NEMKONTO, "cvr": number})
    assert any("modulus 11" in line for line in details.warnings(proposal)) is not sound
    approve(people, verify(people, proposal))


def test_an_account_number_of_somebody_else_is_warned_about(people, lift):
    other = details.in_force(Earmark.objects.get(slug="faellesskabsguides-roede-kors").grantee, MARCH).after
    proposal = propose(people, lift.grantee, **{name: value for name, value in other.items() if name not in ("effective_from", "cvr")})
    assert details.warnings(proposal) == ["Røde Kors har eller har haft det samme kontonummer."]


def test_whoever_decides_is_told_which_payments_must_be_registered_anew(people, lift):
    register(people, lift)
    proposal = propose(people, lift.grantee)
    assert [line for line in details.warnings(proposal) if line.startswith("1 udbetaling er registreret")]


@pytest.mark.parametrize(("number", "said"), [("0001234567", "000 123 4567"), ("123456", "12 3456"), ("1234", "1234"), ("12", "12"), ("12345", "1 2345")])
def test_account_numbers_are_grouped_to_be_read_aloud(number, said):
    assert details.grouped(number).replace("\u00a0", " ") == said
