"""Who receives: grantees by an approved proposal, earmarks that are never described otherwise, and whoever is tied to a grantee keeps away from its money."""

import uuid
from datetime import date

import psycopg
import pytest
from django.core.exceptions import PermissionDenied
from djmoney.money import Money

from initiatives import movements, payments
from initiatives.control import proposals
from initiatives.models import Earmark, Grantee, Tie
from initiatives.receiving import grantees, hands, ties
from ledger.kinds import Cause
from ledger.refusals import LedgerError, SecondPerson
from tests.granting import grant
from tests.receiving import MARCH, decide, new_grantee, propose, propose_grantee, register, settle, verify

FRAME = "frame:ensomhed-2023-2025"
PREFIXES = {"earmark": "earmark", "grantee": "grantee", "used": "used", "written-off": "written_off"}


def refusal_of(call, *args, **kwargs) -> LedgerError:
    with pytest.raises(LedgerError) as refusal:
        call(*args, **kwargs)
    return refusal.value


@pytest.fixture
def agency(people) -> Earmark:
    return Earmark.objects.with_accounts().get(slug="sekretariat-sbst")


# Grantees


def test_a_grantee_exists_when_a_second_person_has_approved_it(people):
    proposal = propose_grantee(people)
    assert proposal.before == {}
    assert not Grantee.objects.filter(slug="fonden-nyt-haab").exists()
    assert refusal_of(proposals.approve, people.mette, proposal, key=uuid.uuid4()).rule == "second_person_decides"
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    made = Grantee.objects.get(slug="fonden-nyt-haab")
    assert (made.name, made.cvr, made.state_agency) == ("Fonden Nyt Håb", "99999934", False)


def test_a_rejected_grantee_does_not_exist(people):
    proposals.reject(people.lars, propose_grantee(people), reason="Nævnes ikke i aftalen", key=uuid.uuid4())
    assert not Grantee.objects.filter(slug="fonden-nyt-haab").exists()


def test_a_grantee_changes_its_name_by_another_decision_and_both_are_kept(people):
    grantee = new_grantee(people)
    change = propose_grantee(people, grantee=grantee, name="Fonden Nyt Håb og Fællesskab")
    assert change.before["name"] == "Fonden Nyt Håb"
    proposals.approve(people.lars, change, key=uuid.uuid4())
    grantee.refresh_from_db()
    assert (grantee.slug, grantee.name) == ("fonden-nyt-haab", "Fonden Nyt Håb og Fællesskab")
    assert grantees.approved(grantee.slug) == change


@pytest.mark.parametrize(
    ("changes", "rule", "field"),
    [
        ({"name": " \u00a0"}, "grantee_is_described", "name"),
        ({"name": "x" * 201, "slug": "x"}, "grantee_is_described", "name"),
        ({"cvr": "1234567"}, "grantee_cvr_is_eight_digits", "cvr"),
        ({"cvr": "12 34 56 78"}, "grantee_cvr_is_eight_digits", "cvr"),
        ({"name": "mary fonden", "slug": "mary-fonden-2"}, "grantee_name_is_its_own", "name"),
        ({"voucher": None}, "proposal_has_its_document", "voucher"),
        ({"reason": ""}, "proposal_has_a_reason", "reason"),
    ],
)
def test_what_is_no_grantee_is_refused(people, changes, rule, field):
    refusal = refusal_of(propose_grantee, people, **changes)
    assert (refusal.rule, refusal.field) == (rule, field)


def test_two_grantees_never_share_a_cvr_number(people):
    grantee = new_grantee(people)
    assert refusal_of(propose_grantee, people, name="En anden", cvr=grantee.cvr).rule == "grantee_cvr_is_its_own"
    assert refusal_of(propose_grantee, people, grantee=grantee, name=grantee.name, cvr="").rule == "grantee_cvr_is_eight_digits"


def test_what_has_an_earmark_does_not_become_a_state_agency(people, lift):
    refusal = refusal_of(propose_grantee, people, grantee=lift.grantee, name=lift.grantee.name, cvr="", state_agency=True)
    assert refusal.rule == "grantee_stays_what_it_is"


def test_two_proposals_of_one_grantee_do_not_wait_at_once(people):
    propose_grantee(people)
    assert refusal_of(propose_grantee, people).rule == "one_proposal_waits_at_a_time"


def test_the_application_neither_makes_changes_nor_deletes_a_grantee(application):
    for statement in (
        "INSERT INTO initiatives_grantee (slug, name, cvr, state_agency) VALUES ('mig', 'Mig', '', false)",
        "UPDATE initiatives_grantee SET name = 'Mig'",
        "DELETE FROM initiatives_grantee",
        "TRUNCATE initiatives_grantee CASCADE",
    ):
        with application.refused("42501"):
            application.run(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO initiatives_grantee (slug, name, cvr, state_agency) VALUES ('mig', 'Mig', '', false)",
        "UPDATE initiatives_grantee SET name = 'Mig' WHERE slug = 'roede-kors'",
        "UPDATE initiatives_grantee SET slug = 'mig' WHERE slug = 'roede-kors'",
        "UPDATE initiatives_grantee SET cvr = '99999993' WHERE slug = 'roede-kors'",
        "UPDATE initiatives_grantee SET state_agency = true WHERE slug = 'roede-kors'",
        "DELETE FROM initiatives_grantee WHERE slug = 'roede-kors'",
        "TRUNCATE initiatives_grantee CASCADE",
    ],
)
def test_not_even_the_owner_makes_or_changes_a_grantee_past_a_decision(owner, statement):
    with owner.refused("grantee_is_as_approved"):
        owner.run(statement)


# Earmarks


def test_an_earmark_is_described_for_an_approved_grantee_only(people, owner):
    owner.run("ALTER TABLE initiatives_grantee DISABLE TRIGGER USER")  # a grantee from before grantees were decided
    old = owner.one("INSERT INTO initiatives_grantee (slug, name, cvr, state_agency) VALUES ('gammel', 'Gammel', '', false) RETURNING id")
    _open(owner, "gammel", old)
    with owner.refused("earmark_goes_to_an_approved_grantee"):
        _insert(owner, "gammel", old)


def _open(intruder, slug: str, of: int) -> None:
    """The four accounts of an earmark of the first frame, held by this grantee."""
    holder = intruder.one("SELECT slug FROM initiatives_grantee WHERE id = %s", of)
    for prefix, kind in PREFIXES.items():
        parent = FRAME if prefix == "earmark" else f"earmark:{slug}"
        intruder.run("SELECT ledger_open_account(%s, 'Ny', %s, %s, %s)", f"{prefix}:{slug}", kind, parent, holder if prefix == "grantee" else "")


def _insert(intruder, slug: str, of: int, passes_on: bool = False, **codes: str) -> None:
    chosen = {prefix: codes.get(prefix.replace("-", "_"), f"{prefix}:{slug}") for prefix in PREFIXES}
    intruder.run(
        "INSERT INTO initiatives_earmark (slug, track, track_en, amount, amount_currency, award, must_pass_on, must_partner, condition, condition_en, source,"
        " initiative_id, grantee_id, account_id, grantee_account_id, used_account_id, written_off_account_id)"
        " SELECT %s, '', '', 1000, 'DKK', 'direct_grant', %s, false, '', '', 'Aftalen', e.initiative_id, %s, a.id, r.id, u.id, w.id"
        " FROM initiatives_earmark e, ledger_account a, ledger_account r, ledger_account u, ledger_account w"
        " WHERE e.slug = 'lift-mary-fonden' AND a.code = %s AND r.code = %s AND u.code = %s AND w.code = %s",
        slug,
        passes_on,
        of,
        *chosen.values(),
    )


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("another's account", {"grantee": "grantee:faellesskabsguides-roede-kors"}),
        ("another's earmark", {"earmark": "earmark:faellesskabsguides-roede-kors"}),
        ("another's used", {"used": "used:faellesskabsguides-roede-kors"}),
        ("passed on by name only", {"passes_on": True}),
    ],
)
def test_an_earmark_has_the_accounts_of_its_own_name(application, name, changes):
    grantee = application.one("SELECT id FROM initiatives_grantee WHERE slug = 'mary-fonden'")
    _open(application, "ny-indsats", grantee)
    with application.refused("earmark_has_accounts_of_its_own"):
        _insert(application, "ny-indsats", grantee, **changes)


def test_the_account_of_an_earmark_is_held_by_its_own_grantee(application):
    mine, other = (application.one("SELECT id FROM initiatives_grantee WHERE slug = %s", slug) for slug in ("mary-fonden", "roede-kors"))
    _open(application, "ny-indsats", mine)
    with application.refused("earmark_has_accounts_of_its_own"):
        _insert(application, "ny-indsats", other)
    _insert(application, "ny-indsats", mine)
    missing = "SELECT string_agg(need, ' ') FROM initiatives_earmark e, initiatives_close_out_missing(e.id) WHERE e.slug = 'ny-indsats'"
    assert application.one(missing) == "granted", "and there is nothing yet to close out"


def test_an_earmark_is_described_before_its_money_is_granted_and_not_after(application):
    grantee = application.one("SELECT id FROM initiatives_grantee WHERE slug = 'mary-fonden'")
    _open(application, "ny-indsats", grantee)
    released = application.disburse(p_kind="release", p_debit="earmark:lift-mary-fonden", p_credit=FRAME, p_booked_by=application.mette)
    application.settle(released, p_booked_by=application.lars)
    application.disburse(p_kind="earmarking", p_debit=FRAME, p_credit="earmark:ny-indsats", p_booked_by=application.mette)
    with application.refused("earmark_is_described_before_it_is_granted"):
        _insert(application, "ny-indsats", grantee)


@pytest.mark.parametrize("credential", ["application", "owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE initiatives_earmark SET grantee_id = (SELECT id FROM initiatives_grantee WHERE slug = 'roede-kors') WHERE slug = 'lift-mary-fonden'",
        "UPDATE initiatives_earmark SET amount = 9999999 WHERE slug = 'lift-mary-fonden'",
        "UPDATE initiatives_earmark SET condition = '', must_pass_on = false WHERE slug = 'lift-mary-fonden'",
        "DELETE FROM initiatives_earmark WHERE slug = 'lift-mary-fonden'",
        "TRUNCATE initiatives_earmark CASCADE",
    ],
)
def test_what_was_granted_is_never_described_otherwise(request, credential, statement):
    intruder = request.getfixturevalue(credential)
    with intruder.refused("42501" if credential == "application" else "earmark_facts_never_change"):
        intruder.run(statement)


@pytest.mark.parametrize("name", ["mette", "lars"])
def test_whoever_proposed_or_approved_the_grant_neither_registers_nor_approves_a_payment_from_it(committed, appoint, people, name):
    earmark = grant(people.by_name)
    decide(people, earmark.grantee, approver=people.mette if name == "lars" else people.lars)
    person = appoint(getattr(people, name), "Sagsbehandler", "Godkender")
    told = hands.payers(earmark, MARCH)
    assert "øremærkningen" in told.why_not(person)
    refusal = refusal_of(register, people, earmark, by=person)
    assert (type(refusal), refusal.rule) == (SecondPerson, "grant_hands_do_not_pay")


# Ties


def test_a_member_is_tied_from_that_moment_and_ever_after(committed, appoint, people, lift):
    pending = register(people, lift)
    lift.grantee.members.add(people.søren, people.anders)
    lift.grantee.members.remove(people.søren, people.anders)
    assert Tie.objects.filter(grantee=lift.grantee, person=people.søren, why="member").exists()
    assert refusal_of(register, people, lift, by=people.søren).rule == "tied_hands_do_not_pay"
    assert refusal_of(settle, people, pending).rule == "tied_hands_do_not_pay"


def test_whoever_handles_an_agencys_own_earmark_does_not_draw_on_it(people, agency, lift):
    pending = register(people, agency)
    ties.name_handler(people.mette, agency.grantee, people.sofie, since=date(2023, 1, 1))
    ties.name_handler(people.adam, agency.grantee, people.anders, since=date(2023, 1, 1))
    assert [tie.person for tie in ties.handlers(agency.grantee)] == [people.sofie, people.anders]
    assert refusal_of(register, people, agency).rule == "tied_hands_do_not_pay"
    assert refusal_of(settle, people, pending).rule == "tied_hands_do_not_pay"
    ties.end_handler(people.mette, agency.grantee, people.sofie, since=date(2023, 6, 1))
    assert [tie.person for tie in ties.handlers(agency.grantee)] == [people.anders]
    assert refusal_of(register, people, agency).rule == "tied_hands_do_not_pay", "ended, and barred ever after"
    assert hands.payers(agency, MARCH).why_not(people.sofie)
    register(people, lift)


def test_tied_hands_keep_away_from_whatever_decides_the_grantees_money(people, lift):
    paid = settle(people, register(people, lift, amount="400"))
    lift.grantee.members.add(people.sofie, people.søren)
    refusal = refusal_of(payments.reverse, people.sofie, paid, cause=Cause.NEVER_SENT, value_date=MARCH, key=uuid.uuid4())
    assert refusal.rule == "tied_hands_do_not_pay"
    movements.repay(people.sofie, lift, amount=Money("1", "DKK"), cause=Cause.ERROR, value_date=MARCH, key=uuid.uuid4())


def test_tied_hands_propose_verify_and_approve_nothing_about_the_grantee(committed, appoint, people, lift):
    proposal = propose(people, lift.grantee)
    lift.grantee.members.add(people.karen, people.lars, people.nina)
    assert refusal_of(verify, people, proposal).rule == "barred_person_does_not_decide"
    verify(people, proposal, by=appoint(people.pia, "Stamdata"))
    assert refusal_of(proposals.approve, people.lars, proposal, key=uuid.uuid4()).rule == "barred_person_does_not_decide"
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert refusal_of(propose, people, lift.grantee, account_number="77").rule == "tied_hands_do_not_propose"
    lift.grantee.members.add(people.mette)
    assert refusal_of(propose_grantee, people, grantee=lift.grantee, name="Mary Fonden 2", cvr="").rule == "tied_hands_do_not_propose"


def test_only_management_and_the_keepers_of_access_name_a_handler(people, agency, lift, application):
    with pytest.raises(PermissionDenied):
        ties.name_handler(people.sofie, agency.grantee, people.anders, since=MARCH)
    assert refusal_of(ties.name_handler, people.mette, lift.grantee, people.anders, since=MARCH).rule == "only_an_agency_handles_its_own_earmark"
    ties.name_handler(people.mette, agency.grantee, people.anders, since=MARCH)
    assert refusal_of(ties.name_handler, people.mette, agency.grantee, people.anders, since=MARCH).rule == "tie_is_true"
    assert refusal_of(ties.end_handler, people.mette, agency.grantee, people.anders, since=date(2023, 2, 28)).rule == "tie_is_true"
    assert refusal_of(ties.end_handler, people.mette, agency.grantee, people.sofie, since=MARCH).rule == "tie_is_true"


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ("'handler', current_date, NULL", "tie_is_recorded_by_the_keepers_of_access"),
        ("'handler', current_date, (SELECT id FROM ensomhed_user WHERE username = 'sofie')", "tie_is_recorded_by_the_keepers_of_access"),
        ("'member', current_date, NULL", "tie_is_true"),
        ("'friend', current_date, (SELECT id FROM ensomhed_user WHERE username = 'mette')", "tie_is_true"),
    ],
)
def test_sql_records_no_tie_that_is_not_one(application, columns, rule):
    with application.refused(rule):
        application.run(
            "INSERT INTO initiatives_tie (grantee_id, person_id, why, since, recorded_by_id)"
            f" SELECT g.id, u.id, {columns} FROM initiatives_grantee g, ensomhed_user u WHERE g.slug = 'sbst' AND u.username = 'anders'"
        )


@pytest.mark.parametrize(("credential", "rule"), [("application", "42501"), ("owner", "controls_are_only_added_to")])
@pytest.mark.parametrize("statement", ["UPDATE initiatives_tie SET person_id = 1", "DELETE FROM initiatives_tie", "TRUNCATE initiatives_tie"])
def test_a_tie_is_never_taken_back(request, credential, rule, statement):
    intruder = request.getfixturevalue(credential)
    with intruder.refused(rule):
        intruder.run(statement)


def test_two_people_who_decide_at_once_decide_once(committed, people):
    proposal = propose_grantee(people)
    with committed.connect() as first, committed.connect(options="-c lock_timeout=3s") as second:
        approval = "INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_by_id) VALUES (gen_random_uuid(), %s, true, '', %s)"
        first.execute(approval, [proposal.pk, people.lars.pk])
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(approval, [proposal.pk, people.lars.pk])
        first.commit()
    assert Grantee.objects.filter(slug="fonden-nyt-haab").count() == 1
