"""Who may, met in plain SQL as the application's role: by people who act as themselves and lack the right, belong to the grantee, or had the other end before."""

import psycopg
import pytest

from ensomhed import privileges
from tests.around import Around
from tests.intruder import Intruder

LIFT, FRAME = "earmark:lift-mary-fonden", "SELECT p.code FROM ledger_account a JOIN ledger_account p ON p.id = a.parent_id WHERE a.code = %s"
DETAILS = {"method": "account", "cvr": "", "registration_number": "9999", "account_number": "1234567", "effective_from": "2023-01-01"}
PROPOSED = "SELECT (ledger_decide_window(gen_random_uuid(), 'pending', %s, %s, '2023-01-01', '2026-12-31', NULL, '', %s)).id"
SETTLED = "SELECT ledger_decide_window(gen_random_uuid(), %s, %s, p_pending => %s, p_text => 'Forkert')"


def join(intruder: Intruder, *people: int, grantee: str = "mary-fonden") -> None:
    for person in people:
        intruder.run("INSERT INTO initiatives_grantee_members (grantee_id, user_id) SELECT id, %s FROM initiatives_grantee WHERE slug = %s", person, grantee)


def test_the_days_of_payment_are_decided_by_those_who_may(application):
    frame = application.one(FRAME, LIFT)
    for person in (application.sofie, application.anders, application.karen):
        with application.refused("booker_holds_the_right"):
            application.run(PROPOSED, person, frame, application.voucher)
    window = application.one(PROPOSED, application.mette, frame, application.voucher)
    for step in ("post", "void"):
        with application.refused("booker_holds_the_right"):
            application.run(SETTLED, step, application.anders, window)
    application.run(SETTLED, "void", application.mette, window)  # taking back one's own takes no right
    application.run(SETTLED, "post", application.lars, application.one(PROPOSED, application.mette, frame, application.voucher))


def test_a_period_is_closed_by_those_who_may(application):
    for person in (application.sofie, application.anders, application.mette):
        with application.refused("booker_holds_the_right"):
            application.run("SELECT ledger_close_period('2023-01', %s)", person)
        with application.refused("booker_holds_the_right"):
            application.close("2023-01", by=person)
        with application.refused("booker_holds_the_right"):
            application.run("SELECT ledger_hold_period('2023-01', %s, true)", person)
    application.run("SELECT ledger_hold_period('2023-01', %s, true)", application.karen)
    with application.refused("booker_holds_the_right"):
        application.run("SELECT ledger_hold_period('2023-01', %s, false)", application.sofie)
    application.close("2023-01")


@pytest.mark.parametrize("step", ["pending", "post"])
@pytest.mark.parametrize("kind", ["earmarking", "reallocation", "release"])
def test_who_belongs_to_a_grantee_decides_no_grant_of_it(application, kind, step):
    frame = application.one(FRAME, LIFT)
    other = application.one(
        "SELECT code FROM ledger_account WHERE kind = 'earmark' AND code <> %s AND parent_id = (SELECT id FROM ledger_account WHERE code = %s)", LIFT, frame
    )
    application.settle(application.disburse(p_kind="release", p_debit=LIFT, p_credit=frame, p_amount="2000.00"))
    ways = {"earmarking": (frame, LIFT), "reallocation": (other, LIFT), "release": (LIFT, frame)}
    debit, credit = ways[kind]
    pending = application.disburse(p_kind=kind, p_debit=debit, p_credit=credit)
    join(application, application.mette, application.lars)
    with application.refused("tied_hands_do_not_pay"):
        if step == "post":
            application.settle(pending)
        else:
            application.disburse(p_kind=kind, p_debit=debit, p_credit=credit)


@pytest.mark.parametrize("kind", ["override", "extension", "succession"])
def test_who_belongs_to_a_grantee_proposes_and_decides_nothing_about_it(application, kind):
    around = Around(application)
    deadline = {"subject": f"deadline:{around.deadline('accounts')}", "earmark": "lift-mary-fonden"}
    by, after, about = {
        "override": ("sofie", {"until": "2026-12-31"}, deadline),
        "extension": ("sofie", {"due": "2024-06-01"}, deadline),
        "succession": ("mette", {"successor": "sbst", "from": "2025-01-01"}, {"grantee": "mary-fonden"}),
    }[kind]
    proposal = around.propose(kind, by, after, **about)
    join(application, application.lars)
    with around.refused("barred_person_does_not_decide"):
        around.decide(proposal, "lars")
    around.insert("decision", proposal_id=proposal, approved=False, decided_by_id=around.person(by))
    join(application, around.person(by))
    with around.refused("tied_hands_do_not_propose"):
        around.propose(kind, by, after, **about)


@pytest.mark.parametrize("end", ["registered", "approved"])
def test_who_paid_from_an_earmark_grants_it_nothing_afterwards(application, owner, end):
    """One employee in two jobs, one after the other: the payment first, the grant behind it."""
    frame = owner.one(FRAME, LIFT)
    owner.settle(owner.disburse(p_kind="release", p_debit=LIFT, p_credit=frame, p_amount="2000.00"))
    owner.settle(owner.disburse())
    payer = owner.sofie if end == "registered" else owner.anders
    owner.run("DELETE FROM ensomhed_user_groups WHERE user_id = %s", payer)
    owner.run("INSERT INTO ensomhed_user_groups (user_id, group_id) SELECT %s, id FROM auth_group WHERE name = 'Ledelse'", payer)
    grant = {"p_kind": "earmarking", "p_debit": frame, "p_credit": LIFT}
    with owner.refused("payer_does_not_grant"):
        owner.disburse(**grant, p_booked_by=payer)
    pending = owner.disburse(**grant)
    with owner.refused("payer_does_not_grant"):
        owner.settle(pending, p_booked_by=payer)
    owner.settle(pending)


def test_a_local_actor_has_its_own_account_under_the_grantee_of_its_earmark(application):
    around = Around(application)
    code = application.open_local("havnen")
    havnen, granted = (application.one("SELECT id FROM ledger_account WHERE code = %s", one) for one in (code, "grantee:lift-mary-fonden"))
    for earmark, slug, account in (
        ("sekretariat-sbst", "havnen", havnen),
        ("lift-mary-fonden", "bakken", havnen),
        ("lift-mary-fonden", "mary-fonden", granted),
    ):
        with around.refused("local_actor_has_its_own_account"):
            around.insert("localactor", earmark_id=around.earmark(earmark), slug=slug, name="x", municipality_code="751", account_id=account)
    around.insert("localactor", earmark_id=around.earmark(), slug="havnen", name="Havnen", municipality_code="751", account_id=havnen)


def test_a_person_is_named_in_one_way_when_roles_are_proposed(application):
    """Two proposals about one person, each with a role that the other one conflicts with, do not wait beside each other."""
    around = Around(application)
    around.propose("role", "adam", {"roles": ["Godkender"]}, subject=f"user:{application.sofie}")
    for about in ({"subject": f"user:0{application.sofie}"}, {"grantee": "sbst"}, {"earmark": "lift-mary-fonden"}):
        with around.refused("role_is_for_somebody"):
            around.propose("role", "adam", {"roles": []}, **{"subject": f"user:{application.sofie}", **about})


def test_nobody_chooses_the_number_of_what_is_newest(application):
    """A decision with the highest number of all would stay the newest, and no later one would ever count."""
    around = Around(application)
    proposal = around.propose("payment_details", "nina", DETAILS, grantee="mary-fonden")
    around.insert("verification", proposal_id=proposal, how="Ringet", verified_by_id=application.karen)
    with around.refused("428C9"):
        around.insert("decision", id=2**62, proposal_id=proposal, approved=True, decided_by_id=application.mette)
    numbered = "SELECT table_name FROM information_schema.columns WHERE column_name = 'id' AND identity_generation = 'ALWAYS'"
    added_to = {table for table, rights in privileges.TABLES.items() if rights == privileges.APPEND}
    described = {f"initiatives_{what}" for what in ("agreement", "frame", "initiative", "earmark", "localactor", "voucher")}
    assert added_to - {name for (name,) in application.connection.execute(numbered)} == described | {"django_admin_log"}
    with pytest.raises(psycopg.errors.GeneratedAlways):
        application.run("INSERT INTO initiatives_casemessage (id) VALUES (9223372036854775807)")


def test_an_address_stays_while_its_person_holds_a_role(application):
    """Where the link to a new password goes is not changed for an approver, and is for somebody who has no role, or belongs to a grantee."""
    for person in ("anders", "mette", "adam", "rikke"):
        with application.refused("address_stays_with_the_role"):
            application.run("UPDATE ensomhed_user SET email = 'adam@elsewhere.example' WHERE username = %s", person)
    application.run("UPDATE ensomhed_user SET email = 'maria@elsewhere.example' WHERE username = 'maria'")
    application.run("SELECT initiatives_take_roles(%s, %s)", application.person("adam"), application.anders)
    application.run("UPDATE ensomhed_user SET email = 'anders@elsewhere.example' WHERE username = 'anders'")
