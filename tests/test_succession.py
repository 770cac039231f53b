"""One organisation follows another: decided by two, dated, and no entry in the books."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from initiatives.control import proposals
from initiatives.history import succession
from initiatives.models import Earmark, Grantee
from ledger.models import Transfer
from ledger.refusals import LedgerError
from tests import documents

PAGE = "/admin/initiatives/grantee/{}/succession/"


@pytest.fixture
def mary(db) -> Grantee:
    return Grantee.objects.get(slug="mary-fonden")


@pytest.fixture
def cross(db) -> Grantee:
    return Grantee.objects.get(slug="roede-kors")


@pytest.fixture
def follow(people, voucher):
    """Mette proposes it and Lars approves it."""

    def decided(earlier: Grantee, later: Grantee, starts: date):
        proposal = succession.propose(people.mette, earlier, successor=later, starts=starts, reason="Fusion", voucher=voucher, key=uuid.uuid4())
        return proposals.approve(people.lars, proposal, key=uuid.uuid4())

    return decided


def seen(person) -> set[str]:
    return {earmark.grantee.slug for earmark in Earmark.objects.visible_to(person)}


def test_from_that_day_the_followers_people_see_the_grant_and_the_others_go_on_reading(people, mary, cross, follow):
    before = Transfer.objects.count()
    assert seen(people.rune) == {"roede-kors"}
    follow(mary, cross, timezone.localdate())
    assert seen(people.rune) == {"roede-kors", "mary-fonden"}
    assert seen(people.maria) == {"mary-fonden"}
    assert Transfer.objects.count() == before
    assert succession.of(mary) == succession.Succession(cross, timezone.localdate())


def test_before_its_day_nothing_changes(people, mary, cross, follow):
    follow(mary, cross, timezone.localdate() + timedelta(days=1))
    assert seen(people.rune) == {"roede-kors"}


def test_whoever_follows_the_follower_sees_it_too_and_a_later_decision_replaces_an_earlier(people, mary, cross, follow):
    elders, today = Grantee.objects.get(slug="aeldre-sagen"), timezone.localdate()
    follow(mary, cross, today)
    follow(cross, elders, today)
    assert seen(people.åse) == {"aeldre-sagen", "roede-kors", "mary-fonden"}
    follow(mary, Grantee.objects.get(slug="folkebevaegelsen"), today)
    assert seen(people.åse) == {"aeldre-sagen", "roede-kors"}


def test_it_does_not_run_in_a_circle_and_nobody_follows_itself(people, mary, cross, follow):
    today = timezone.localdate()
    follow(mary, cross, today)
    for earlier, later, rule in ((cross, mary, "succession_does_not_run_in_a_circle"), (mary, mary, "succession_names_another_organisation")):
        with pytest.raises(LedgerError) as refusal:
            follow(earlier, later, today)
        assert refusal.value.rule == rule


@pytest.mark.parametrize(
    "after", [{}, {"successor": "roede-kors"}, {"successor": "ingen", "from": "2025-01-01"}, {"successor": "roede-kors", "from": "i morgen"}]
)
def test_what_names_no_organisation_or_no_day_is_refused(people, mary, voucher, after):
    with pytest.raises(LedgerError) as refusal:
        proposals.propose(people.mette, "succession", grantee=mary, after=after, reason="Fusion", voucher=voucher, key=uuid.uuid4())
    assert refusal.value.rule == "succession_names_another_organisation"


def test_one_person_decides_nothing_and_others_do_not_propose(people, mary, cross, voucher):
    proposal = succession.propose(people.mette, mary, successor=cross, starts=date(2025, 1, 1), reason="Fusion", voucher=voucher, key=uuid.uuid4())
    with pytest.raises(LedgerError) as refusal:
        proposals.approve(people.mette, proposal, key=uuid.uuid4())
    assert refusal.value.rule == "second_person_decides"
    with pytest.raises(PermissionDenied):
        succession.propose(people.sofie, mary, successor=cross, starts=date(2025, 1, 1), reason="Fusion", voucher=voucher, key=uuid.uuid4())
    assert seen(people.rune) == {"roede-kors"}


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_management_proposes_it_where_the_grantee_is_shown_and_both_are_named_afterwards(visit, people, size):
    mary = Grantee.objects.get(slug="mary-fonden")
    mette = visit("mette", size=size)
    mette.go(f"/admin/initiatives/grantee/{mary.pk}/change/")
    mette.click("Foreslå afløsning af en anden organisation")
    mette.page.get_by_label("Afløses af").select_option(label="Røde Kors")
    mette.page.get_by_label("Begrundelse").fill("Lift flytter til Røde Kors")
    mette.page.get_by_label("Dokument").set_input_files({"name": "plan.pdf", "mimeType": "application/pdf", "buffer": documents.pdf("Fusionsplan")})
    mette.page.get_by_role("button", name="Send").or_(mette.page.get_by_role("button", name="Foreslå")).first.click()
    mette.look()
    assert "Røde Kors" in mette.text()
    proposal = proposals.waiting().get(kind="succession")
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    mette.go(f"/admin/initiatives/grantee/{mary.pk}/change/")
    assert "Røde Kors fra og med" in mette.text()
    rune = visit("rune", size=size)
    rune.go("/tilskud/lift-mary-fonden/")
    assert "Mary Fonden, afløses af Røde Kors fra og med" in rune.text()
