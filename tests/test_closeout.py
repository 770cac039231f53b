"""A grant is closed out: nothing of it may be missing, two persons decide, the settlement letter is written, and nothing more is taken until a new decision."""

import io
import uuid
from datetime import date

import psycopg
import pypdf
import pytest
from django.core.exceptions import PermissionDenied

from ensomhed import roles
from initiatives import claims, closeout, deadlines, decisions, movements, payments, plans, vouchers
from initiatives.closeout import letter
from initiatives.control import proposals
from initiatives.models import CloseOut, Deadline, Earmark, Proposal
from initiatives.telling import cases
from ledger.kinds import Cause
from ledger.models import Transfer
from tests import documents
from tests.accounts import earmark, kr, refused
from tests.around import Around

SEK, LIFT = "sekretariat-sbst", "lift-mary-fonden"
TYPED = "#set text(red) *_$ÆØå<b>漢"  # what somebody may type, and what a letter could take for something else
PAID = f"""
2023-03-15 søren  udbetal   {SEK}  125.000,50  "Opsamling"  sag "{TYPED}"  som sek-1
2023-03-15 anders godkend   sek-1
"""
SENT = "2023-03-31 pia frigiv 2023-03-31\n"
CONFIRMED = "2023-04-03 karen liste 2023-03-01 2023-03-31\n"
ACCOUNTED = f"2024-02-01 søren regnskab {SEK} 2023 100.000,25 afsluttende sag 2023-1106 som sek-regnskab\n"
CHECKED = "2024-03-01 ida godkend-regnskab sek-regnskab\n"


def page_of(slug: str) -> str:
    return f"/admin/initiatives/closeout/{slug}/"


def lapse(people, of: Earmark, amount: str) -> Transfer:
    voucher = vouchers.keep(people.mette, documents.pdf("Bortfald"), "bortfald.pdf")
    return decisions.lapse(people.mette, of, amount=kr(amount), value_date=date(2026, 1, 5), voucher=voucher, key=uuid.uuid4())


def approve(by, pending: Transfer) -> Transfer:
    return payments.approve(by, pending, key=uuid.uuid4())


def needs(of: Earmark) -> list[str]:
    return [thing.need for thing in closeout.missing(of)]


def propose(people, of: Earmark) -> Proposal:
    return closeout.close(people.sofie, of, reason="Alt er gjort op", key=uuid.uuid4())


def close(people, of: Earmark) -> Proposal:
    """Sofie proposes it and Lars decides."""
    proposal = propose(people, of)
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    return proposal


@pytest.fixture
def settled(people, play) -> Earmark:
    """The secretariat's grant: of 1.500.000,00 kr. 125.000,50 was paid, 100.000,25 used, 25.000,25 paid back, and the rest lapsed."""
    play(PAID + SENT + CONFIRMED + ACCOUNTED + CHECKED)
    grant = earmark(SEK)
    claim = grant.claims.get()
    movements.repay(people.søren, grant, amount=claim.amount, cause=Cause.UNSPENT, value_date=date(2024, 3, 20), key=uuid.uuid4(), claim=claim)
    approve(people.lars, lapse(people, grant, "1374999.50"))
    return grant


# What is missing


def test_each_thing_is_missing_until_it_is_done(people, play):
    grant = earmark(SEK)
    assert needs(grant) == ["left"]
    play(PAID.splitlines()[1])
    assert needs(grant) == ["left", "waiting"], "nothing was paid yet: neither accounts nor anything to document"
    play(PAID)
    assert needs(grant) == [*["accounts"] * 3, "documented", "sent", "left"], "accounts for each of the three years in which it holds money"
    play(PAID + SENT)
    assert needs(grant)[-2:] == ["paid", "left"]
    play(PAID + SENT + CONFIRMED)
    assert needs(grant)[-2:] == ["documented", "left"]
    play(PAID + SENT + CONFIRMED + ACCOUNTED)
    assert [thing.words for thing in closeout.missing(grant) if thing.need == "accounts"] == ["Regnskabet for 01.01.2023–31.12.2023 venter på kontrol."]
    play(PAID + SENT + CONFIRMED + ACCOUNTED + CHECKED)
    assert needs(grant) == ["claims", "left"], "final accounts claim the rest back, and later years need none"
    claim = grant.claims.get()
    movements.repay(people.søren, grant, amount=claim.amount, cause=Cause.UNSPENT, value_date=date(2024, 3, 20), key=uuid.uuid4(), claim=claim)
    assert needs(grant) == ["left"]
    pending = lapse(people, grant, "1374999.50")
    assert needs(grant) == ["waiting"]
    approve(people.lars, pending)
    assert needs(grant) == []
    assert all(need.is_met for need in closeout.checklist(grant))


def test_reports_proposals_objections_a_plan_and_money_with_local_actors_are_missing_too(people, lift, pay, play):
    deadlines.reject(people.anders, lift.deadlines.get(what=Deadline.What.STATUS_REPORT, year=2024).receipts.get(), reason="Det var en anden rapport")
    paid = pay(lift, "500000")
    plans.make(people.sofie, lift, [plans.Planned(date(2023, 3, 1), kr("500000")), plans.Planned(date(2024, 3, 1), kr("1"))], key=uuid.uuid4())
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen på Ærø", municipality_code="492")
    movements.regrant(people.sofie, actor, amount=kr("200000.10"), value_date=date(2023, 4, 1), key=uuid.uuid4())
    claims.expect(people.sofie, lift, amount=kr("100"), cause=Cause.ERROR, raised_on=date(2023, 5, 1), due=date(2023, 6, 1), text="Fejl", key=uuid.uuid4())
    play(f'2025-11-10 søren forlæng {LIFT} regnskab 2025 2027-01-31 "Mere tid" som frist')
    case = cases.raise_case(people.maria, lift.grantee, transfer=paid, text="Beløbet er ikke rigtigt", key=uuid.uuid4())
    missing = closeout.missing(lift)
    told = {thing.need: thing.words.replace("\u00a0", " ") for thing in missing}
    assert set(told) == {"reports", "accounts", "documented", "claims", "sent", "left", "planned", "proposals", "objections"}
    assert told["reports"] == "Statusrapport for 2024 er ikke modtaget."
    assert told["objections"] == f"Indsigelse nr. {case.pk} er åben."
    assert told["planned"].startswith("Rateplanen viser 500.001,00 kr., men kun 500.000,00 kr. er udbetalt.")
    grantee, local = (thing for thing in missing if thing.need == "documented")
    assert grantee.words.startswith("Mary Fonden har 299.899,90\u00a0kr., som hverken"), "what is claimed has a line of its own"
    assert local.words.startswith("Havnen på Ærø har 200.000,10\u00a0kr.")
    assert local.url.endswith(f"/claim/raise/?earmark={LIFT}&beloeb=200.000%2C10&aktoer={actor.pk}")
    assert needs(earmark(SEK)) == ["left"], "nothing of it is another grant's"


def test_nothing_is_proposed_while_something_is_missing_nor_by_anybody_else(people, lift):
    with refused("close_out_lacks_nothing"):
        propose(people, lift)
    approve(people.lars, lapse(people, lift, "3800000"))
    with pytest.raises(PermissionDenied):
        closeout.close(people.mette, lift, reason="Færdig", key=uuid.uuid4())
    with refused("proposal_has_a_reason"):
        closeout.close(people.sofie, lift, reason=" ", key=uuid.uuid4())
    with refused("proposal_changes_something"):
        closeout.reopen(people.sofie, lift, reason="Den er åben", key=uuid.uuid4())


# Closed, and opened again


def test_a_closed_grant_takes_nothing_until_a_new_decision_opens_it(people, settled):
    repaid = Transfer.objects.get(kind="repayment")
    close(people, settled)
    assert closeout.standing_of(settled).is_closed
    paper, report = vouchers.keep(people.sofie, documents.pdf("Fejl"), "fejl.pdf"), settled.deadlines.get(what=Deadline.What.STATUS_REPORT, year=2025)
    for deed in (
        lambda: payments.reverse(people.sofie, repaid, cause=Cause.ERROR, value_date=date(2024, 4, 1), key=uuid.uuid4(), voucher=paper),
        lambda: deadlines.extend(people.sofie, report, due=date(2026, 12, 31), reason="Mere tid", voucher=paper, key=uuid.uuid4()),
        lambda: deadlines.reject(people.anders, report.receipts.get(), reason="Den var en andens"),
    ):
        with refused("closed_out_grant_takes_nothing"):
            deed()
    opening = closeout.reopen(people.søren, settled, reason="Banken har rettet en fejl", key=uuid.uuid4())
    assert closeout.standing_of(settled).is_closed, "proposed is not decided"
    proposals.approve(people.mette, opening, key=uuid.uuid4())
    assert not closeout.standing_of(settled).is_closed
    deadlines.reject(people.anders, report.receipts.get(), reason="Den var en andens")
    with refused("close_out_lacks_nothing"):
        propose(people, settled)


def test_who_took_part_in_the_payments_does_not_decide_it(people, settled):
    proposal = propose(people, settled)
    assert (proposals.barred(proposal, people.lars), proposals.barred(proposal, people.anders)) == (None, "paid")


# The letter


def test_the_letter_says_the_figures_to_the_oere_and_takes_what_was_typed_as_it_stands(people, settled):
    people.lars.job_title = "Chef #[for] *alt*"
    people.lars.save()
    close(people, settled)
    closed = CloseOut.objects.select_related("letter", "decision__proposal").get()
    content = bytes(closed.letter.content)
    pdf = pypdf.PdfReader(io.BytesIO(content))
    catalog, text = pdf.trailer["/Root"], "\n".join(page.extract_text() for page in pdf.pages)
    assert catalog["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "da-DK"
    assert (pdf.metadata.title, pdf.metadata.author) == ("Afslutning af tilskud: Sekretariatsopgaven", "Ministeriet")
    assert b"<pdfuaid:part>1" in catalog["/Metadata"].get_data()
    for line in (
        "Social- og Boligstyrelsen",
        "Øremærket 1.500.000,00",
        "Udbetalt 125.000,50",
        "Dokumenteret anvendt 100.000,25",
        "Betalt tilbage til statskassen 25.000,25",
        "Bortfaldet til statskassen 1.374.999,50",
        "kr. 2023 2024 2025 2026 I alt",
        "Udbetalt 125.000,50 0,00 0,00 0,00 125.000,50",
        "Hos tilskudsmodtageren, rest 125.000,50 0,00 0,00 0,00 0,00",
        "Ikke udbetalt, rest 1.374.999,50 1.374.999,50 1.374.999,50 0,00 0,00",
        "01.01.2023–31.12.2023, afsluttende",
        TYPED.replace("漢", "?"),
        "Chef #[for] *alt*",
        f"Side 1 af {len(pdf.pages)}",
    ):
        assert line in " ".join(text.split()), line
    assert letter.of(closed.decision)[1] == content, "the same decision gives the same bytes"
    assert closed.figures == letter.figures_of(settled.pk)
    assert closed.figures["in_all"]["left"] == "0.00"


# Around the verbs


@pytest.fixture
def empty(application) -> Around:
    """Lift's grant as SQL left it: nothing was ever paid, and all of it lapsed. Nothing is missing."""
    return lapsed(application)


def lapsed(intruder) -> Around:
    intruder.settle(
        intruder.disburse(p_kind="lapse", p_credit="treasury", p_amount="3800000", p_value_date="2026-01-05"),
    )
    return Around(intruder)


CLOSED, OPEN = {"closed": True}, {"closed": False}


def close_by_sql(around: Around) -> int:
    decision = around.decide(around.propose("close_out", "sofie", CLOSED, earmark=LIFT), "lars")
    around.insert("closeout", decision_id=decision, letter_id=around.intruder.voucher)
    return decision


def test_sql_closes_nothing_of_which_something_is_missing(application):
    around = Around(application)
    with around.refused("close_out_lacks_nothing"):
        around.propose("close_out", "sofie", CLOSED, earmark=LIFT)
    lapsed(application)
    proposal = around.propose("close_out", "sofie", CLOSED, earmark=LIFT)
    around.propose("extension", "sofie", {"due": "2027-01-31"}, subject=f"deadline:{around.deadline('accounts', 2025)}", earmark=LIFT)
    with around.refused("close_out_lacks_nothing"):
        around.decide(proposal, "lars")


@pytest.mark.parametrize(
    "changes", [{"after": {"closed": "true"}}, {"after": {**CLOSED, "by": 1}}, {"subject": "x"}, {"earmark": None}, {"earmark": None, "grantee": "mary-fonden"}, {"grantee": "mary-fonden"}]
)  # fmt: skip
def test_sql_closes_one_grant_or_opens_it(empty, changes):
    sound = {"after": CLOSED, "earmark": LIFT, **changes}
    with empty.refused("close_out_is_of_one_grant"):
        empty.propose("close_out", "sofie", sound.pop("after"), **sound)


def test_sql_closes_nothing_without_the_letter_of_that_decision(empty):
    proposal = empty.propose("close_out", "sofie", CLOSED, earmark=LIFT)
    with empty.refused("close_out_has_its_letter"):
        empty.decide(proposal, "lars")
    decision = empty.decide(proposal, "lars")
    other = empty.one("SELECT min(id) FROM initiatives_decision")
    mail = empty.one("INSERT INTO initiatives_voucher (sha256, content, size, name, kept_by_id) SELECT encode(sha256(b), 'hex'), b, length(b), 'brev.eml', %s"
                     " FROM (SELECT convert_to(%s, 'UTF8') AS b) AS mail RETURNING sha256", empty.intruder.sofie, documents.eml().decode())  # fmt: skip
    for of, paper in ((other, empty.intruder.voucher), (decision, mail)):
        with empty.refused("close_out_letter_is_of_its_decision"):
            empty.insert("closeout", decision_id=of, letter_id=paper)
    empty.insert("closeout", decision_id=decision, letter_id=empty.intruder.voucher, figures={"in_all": {"left": "7.00"}})
    assert empty.one("SELECT figures -> 'in_all' ->> 'left' FROM initiatives_closeout WHERE decision_id = %s", decision) == "0.00", "PostgreSQL counts itself"
    opening = empty.decide(empty.propose("close_out", "sofie", OPEN, earmark=LIFT), "lars")
    with empty.refused("close_out_letter_is_of_its_decision"):
        empty.insert("closeout", decision_id=opening, letter_id=empty.intruder.voucher)
    told = "SELECT figures ->> 'lapsed' FROM initiatives_notice WHERE what = 'close_out' AND earmark_id = %s"
    assert empty.one(told, empty.earmark()) == "3800000.00", "grantee_is_told_of_close_out"


def test_sql_writes_nothing_on_a_grant_that_is_closed_out(owner):
    around = lapsed(owner)
    close_by_sql(around)
    around.run("SET CONSTRAINTS ALL IMMEDIATE")
    undone = owner.one("SELECT max(id) FROM ledger_transfer WHERE kind = 'lapse'")
    back = {"p_debit": "treasury", "p_credit": "earmark:lift-mary-fonden", "p_amount": "3800000", "p_value_date": "2026-01-06"}
    into = {"p_debit": "earmark:faellesskabsguides-roede-kors", "p_credit": "earmark:lift-mary-fonden", "p_amount": "1"}
    accounts = {"starts": "2023-01-01", "ends": "2023-12-31", "received_on": "2024-01-31", "used": 0, "used_currency": "DKK", "voucher_id": owner.voucher}
    around.sleep("claim", "plan")  # nothing is held that could be claimed, nor left that could be planned: with those rules asleep this one is asked
    for table in ("claim", "plan"):
        around.run(f"ALTER TABLE initiatives_{table} ENABLE TRIGGER closed_out_grant_takes_nothing")
    deadline = around.deadline("status_report")
    for deed in (
        lambda: owner.book(p_step="pending", p_booked_by=owner.mette, p_kind="reversal", p_reverses=undone, p_cause="error", p_voucher_sha256=owner.voucher, **back),
        lambda: owner.disburse(p_kind="reallocation", **into),
        lambda: around.insert("claim", earmark_id=around.earmark(), raised_by_id=owner.sofie, amount=1, amount_currency="DKK", cause="error"),
        lambda: around.insert("plan", earmark_id=around.earmark(), made_by_id=owner.sofie),
        lambda: around.insert("accountsreport", earmark_id=around.earmark(), received_by_id=owner.sofie, auditors_statement_id=owner.voucher, performance_audit_id=owner.voucher, **accounts),
        lambda: around.insert("receipt", deadline_id=deadline, voucher_id=owner.voucher, recorded_by_id=owner.sofie),
        lambda: around.insert("receiptrejection", receipt_id=owner.one("SELECT id FROM initiatives_receipt WHERE deadline_id = %s", deadline), rejected_by_id=owner.anders),
        lambda: around.propose("extension", "sofie", {"due": "2027-01-31"}, subject=f"deadline:{deadline}", earmark=LIFT),
    ):  # fmt: skip
        with around.refused("closed_out_grant_takes_nothing"):
            deed()
    around.decide(around.propose("close_out", "sofie", OPEN, earmark=LIFT), "lars")
    owner.disburse(p_kind="reallocation", **into)


def test_no_account_of_a_grant_that_is_closed_out_moves_not_even_a_local_actors(owner):
    """Nothing but this rule is awake: what was documented and written off with a local actor is booked freely, and the grant closed by hand."""
    around = Around(owner)
    owner.run("ALTER TABLE ledger_transfer DISABLE TRIGGER USER")
    owner.pay()
    local = owner.open_local("havnen")
    owner.disburse(p_step="single", p_kind="regrant", p_debit="grantee:lift-mary-fonden", p_credit=local)
    ends = {"documented_use": "used:lift-mary-fonden", "write_off": "written-off:lift-mary-fonden"}
    moved = [
        owner.pay(p_kind=kind, p_debit=local, p_credit=to, p_amount="400", p_cause="bankruptcy" if kind == "write_off" else "") for kind, to in ends.items()
    ]
    around.sleep("proposal", "decision")
    around.decide(around.propose("close_out", "sofie", CLOSED, earmark=LIFT), "lars")
    owner.run("SET CONSTRAINTS ALL IMMEDIATE")
    owner.run("ALTER TABLE ledger_transfer ENABLE TRIGGER closed_out_grant_takes_nothing")
    for origin, to in zip(moved, ends.values(), strict=True):
        with around.refused("closed_out_grant_takes_nothing"):
            owner.reverse(origin, p_debit=to, p_credit=local, p_cause="error")


def test_a_close_out_and_a_registration_at_the_same_moment_see_each_other(committed, people, lift):
    approve(people.lars, lapse(people, lift, "3800000"))
    proposal = propose(people, lift)
    with committed.connect() as busy, committed.connect(options="-c lock_timeout=200ms") as other:
        book = """SELECT ledger_book(gen_random_uuid(), 'pending', %s, 'reallocation', 'earmark:faellesskabsguides-roede-kors', %s, 1, '2023-03-01', p_voucher_sha256 =>
                  (SELECT min(sha256) FROM initiatives_voucher))"""
        busy.execute(book, [people.mette.pk, lift.account.code])
        decide = "INSERT INTO initiatives_decision (key, proposal_id, approved, reason, decided_by_id) VALUES (gen_random_uuid(), %s, true, '', %s)"
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(decide, [proposal.pk, people.lars.pk])
        busy.commit()
    with refused("close_out_lacks_nothing"):
        proposals.approve(people.lars, proposal, key=uuid.uuid4())
    with committed.connect(roles.APPLICATION) as application:
        assert application.execute("SELECT count(*) FROM initiatives_closeout").fetchone() == (0,)
