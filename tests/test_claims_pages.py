"""The pages about claims: raising one, what came, giving up, withdrawing, the account; and what the grantee reads."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from ensomhed.templatetags.danish import antal
from initiatives import claims, movements, payments
from initiatives.control import proposals
from initiatives.models import Claim, Earmark, Proposal
from ledger.kinds import Cause
from ledger.models import Transfer
from tests import documents
from tests.test_admin_front import words
from tests.test_claims import expect, kr, paid, pay, repay  # noqa: F401 — a fixture among them

CLAIMS = "/admin/initiatives/claim/"
RAISE = f"{CLAIMS}raise/"
ACCOUNT = f"{CLAIMS}account/"
REPAY = "/admin/initiatives/payment/repay/"
PROPOSE = "/admin/initiatives/payment/propose/"

pytestmark = pytest.mark.usefixtures("paid")


def page_of(claim) -> str:
    return f"{CLAIMS}{claim.pk}/change/"


@pytest.fixture
def sofie(client, people):
    client.force_login(people.sofie)
    return client


def raised(lift, **changes) -> dict:
    typed = {"earmark": str(lift.pk), "actor": "", "amount": "1.000,50", "cause": "unspent", "raised_on": "01.06.2023", "due": "01.07.2023"}
    return {"key": str(uuid.uuid4()), "text": "Uforbrugt i 2022 på Ærø", **typed, **changes}


# Raising


def test_a_case_officer_raises_a_claim_from_the_earmarks_page(sofie, people, lift):
    link = f"{RAISE}?earmark={lift.slug}"
    assert link in sofie.get(f"/admin/initiatives/earmark/{lift.pk}/change/").text
    page = sofie.get(link)
    assert page.context["form"].initial["earmark"] == lift
    assert "Hos tilskudsmodtageren 500.000,00 kr." in words(page)
    answer = sofie.post(link, raised(lift))
    claim = Claim.objects.get()
    assert answer["Location"] == page_of(claim)
    assert (claim.amount, claim.cause, claim.due, claim.reason) == (kr("1.000,50"), "unspent", date(2023, 7, 1), "Uforbrugt i 2022 på Ærø")
    assert "Nr. " in words(sofie.get(CLAIMS))


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount", "", "Angiv beløbet."),
        ("amount", "-1", "Angiv et beløb over 0 kr."),
        ("amount", "0,005", "højst to decimaler"),
        ("amount", "9" * 15, "Så stort et beløb kan bøgerne ikke føre."),
        ("amount", "500.000,01", "Der kan højst kræves 500.000,00"),
        ("cause", "", "Vælg årsagen."),
        ("cause", "waived", "Vælg en årsag på listen."),
        ("due", "31.05.2023", "forfalder tidligst den dag"),
        ("due", "30.02.2023", "Skriv en dag, der findes"),
        ("due", "", "Angiv, hvornår pengene senest skal være betalt."),
        ("text", "", "Skriv, hvad kravet skyldes."),
        ("text", "Betal til 1234 5678901", "ligner et kontonummer"),
        ("text", "x" * 501, "højst 500 tegn"),
        ("earmark", "", "Vælg øremærkningen."),
        ("earmark", "999999", "Vælg en øremærkning på listen."),
        ("actor", "999999", "Vælg en lokal aktør på listen."),
        ("key", "", "Siden kan ikke bruges længere."),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(sofie, lift, field, typed, said):
    page = sofie.post(RAISE, raised(lift, **{field: typed}))
    assert page.status_code == 200
    assert said in (words(page) if field == "key" else str(page.context["form"].errors[field]).replace("\u00a0", " "))
    assert Claim.objects.count() == 0
    if field != "text":
        assert "Uforbrugt i 2022 på Ærø" in words(page)


def test_a_double_click_raises_one_claim(sofie, lift):
    typed = raised(lift)
    assert sofie.post(RAISE, typed)["Location"] == sofie.post(RAISE, typed)["Location"]
    assert Claim.objects.count() == 1


@pytest.mark.parametrize("username", ["anders", "mette", "karen", "nina", "ida", "rikke", "maria"])
def test_nobody_else_raises_or_matches(client, people, lift, username):
    claim = expect(people.sofie, lift)
    client.force_login(getattr(people, username))
    for address in (RAISE, f"{CLAIMS}{claim.pk}/match/", f"{CLAIMS}{claim.pk}/withdraw/"):
        assert client.post(address, raised(lift)).status_code in (302, 403)
    assert (Claim.objects.count(), Proposal.objects.filter(kind="claim_withdrawal").count()) == (1, 0)


# What comes


def test_a_repayment_opened_from_its_claim_is_filled_in_and_matched(sofie, people, lift):
    claim = expect(people.sofie, lift, "1.000,50", cause=Cause.ERROR)
    link = f"{REPAY}?krav={claim.pk}"
    assert link in sofie.get(page_of(claim)).text
    form = sofie.get(link).context["form"]
    assert {name: form.initial[name] for name in ("claim", "earmark", "amount", "cause")} == {
        "claim": claim,
        "earmark": lift,
        "amount": "1.000,50",
        "cause": "error",
    }
    typed = {"key": str(uuid.uuid4()), "claim": str(claim.pk), "earmark": str(lift.pk), "amount": "1.000,50", "cause": "error", "value_date": "10.06.2023"}
    shown = sofie.post(link, typed)
    assert "Til øremærkningen" in words(shown)
    booked = sofie.post(link, {**typed, "shown": lift.account.code, "book": "1"})
    assert claims.standing_of(claim).rest == kr("0")
    assert sofie.post(link, {**typed, "shown": lift.account.code, "book": "1"})["Location"] == booked["Location"], "sent twice, booked once"
    assert Transfer.objects.filter(kind="repayment").count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"amount": "1.000,01"}, "amount", "Der mangler 1.000,00 kr. på krav nr."),
        ({"cause": "error"}, "cause", "er rejst på grund af uforbrugte midler"),
        ({"claim": "999999"}, "claim", "Kravet er ikke åbent længere."),
        ({"claim": "٣"}, "claim", "Kravet er ikke åbent længere."),
        ({"claim": "9" * 40}, "claim", "Kravet er ikke åbent længere."),
    ],
)
def test_what_does_not_fit_its_claim_is_said_and_nothing_is_booked(sofie, people, lift, changes, field, said):
    claim = expect(people.sofie, lift, "1.000")
    typed = {"key": str(uuid.uuid4()), "claim": str(claim.pk), "earmark": str(lift.pk), "amount": "1.000", "cause": "unspent", "value_date": "10.06.2023"}
    sent = {**typed, **changes, "book": "1"}
    sent["shown"] = lift.account.code if sent["cause"] == "error" else "treasury"
    page = sofie.post(REPAY, sent)
    assert said in str(page.context["form"].errors[field]).replace("\u00a0", " ")
    assert not Transfer.objects.filter(kind="repayment").exists()


def test_what_came_by_itself_is_matched_from_the_claims_page(sofie, people, lift):
    claim, came, other = expect(people.sofie, lift, "1.000"), repay(people.sofie, lift, "600"), repay(people.sofie, lift, "100", cause=Cause.OTHER)
    page = sofie.get(page_of(claim))
    assert [row.pk for row in page.context["matchable"]] == [came.pk], "only what has the same cause"
    said = words(sofie.post(f"{CLAIMS}{claim.pk}/match/", {"transfer": str(came.pk)}, follow=True))
    assert "600,00 kr. af tilbagebetaling nr." in said
    assert "Mangler 400,00 kr." in said
    assert "er rejst på grund af" in words(sofie.post(f"{CLAIMS}{claim.pk}/match/", {"transfer": str(other.pk)}, follow=True))
    for nonsense in ("", "x", "9" * 30, "0", "-1"):
        assert "Vælg den tilbagebetaling" in words(sofie.post(f"{CLAIMS}{claim.pk}/match/", {"transfer": nonsense}, follow=True))


# Late, given up, withdrawn


def test_the_list_says_what_is_late_and_by_how_much(sofie, people, lift):
    expect(people.sofie, lift, "1.000")
    later = expect(people.sofie, lift, "300", due=date(2099, 1, 1))
    page = words(sofie.get(CLAIMS))
    days = (timezone.localdate() - date(2023, 7, 1)).days
    assert "1 krav på i alt 1.000,00 kr. er forfaldet og ikke betalt." in page
    assert f"Forfalden, {antal(days)} dage" in page
    assert "Ikke forfalden" in page
    assert "1 krav om tilbagebetaling er forfaldet og ikke betalt." in words(sofie.get("/admin/"))
    late = words(sofie.get(f"{CLAIMS}?tilstand=late"))
    assert "1.000,00" in late
    assert "Ikke forfalden" not in late
    repay(people.sofie, lift, "300", claim=later)
    assert "Betalt" in words(sofie.get(f"{CLAIMS}?tilstand=paid"))
    for state in ("open", "given_up", "withdrawn", "vrøvl"):
        assert sofie.get(f"{CLAIMS}?tilstand={state}").status_code == 200
    assert sofie.get(f"{CLAIMS}?q=Mary").status_code == 200


def test_the_list_costs_the_same_at_any_number_of_claims(sofie, people, lift, django_assert_max_num_queries):
    for _ in range(3):
        expect(people.sofie, lift, "1")
    sofie.get(CLAIMS)
    with django_assert_max_num_queries(40) as few:
        sofie.get(CLAIMS)
    for _ in range(10):
        expect(people.sofie, lift, "1")
    with django_assert_max_num_queries(len(few)):
        sofie.get(CLAIMS)


def test_management_gives_up_a_small_claim_from_its_page(client, people, lift):
    claim = expect(people.sofie, lift, "312,50")
    client.force_login(people.mette)
    link = f"{PROPOSE}?krav={claim.pk}"
    assert link in client.get(page_of(claim)).text
    form = client.get(link).context["form"]
    assert (form.initial["decision"], form.initial["claim"], form.initial["amount"]) == ("waived", claim, "312,50")
    typed = {
        "key": str(uuid.uuid4()),
        "decision": "waived",
        "claim": str(claim.pk),
        "earmark": "",
        "target": "",
        "amount": "312,50",
        "value_date": "20.06.2023",
    }
    assert "Vælg det krav, der opgives." in words(client.post(PROPOSE, {**typed, "claim": ""}))
    assert client.post(link, typed).context["form"].errors["voucher"] == ["Vedlæg bilaget. Uden bilag kan der ikke bogføres."]
    for _ in range(2):
        client.post(link, {**typed, "voucher": SimpleUploadedFile("notat.pdf", documents.pdf("Notat"))})
    pending = Transfer.objects.get(kind="write_off")
    payments.approve(people.lars, pending, key=uuid.uuid4())
    assert "Kravet er opgivet." in words(client.get(page_of(claim)))
    assert client.get(f"{PROPOSE}?krav=x").context["form"].initial.get("claim") is None


def test_a_claim_is_withdrawn_through_the_queue_with_its_document(client, people, lift):
    claim = expect(people.sofie, lift)
    client.force_login(people.sofie)
    address = f"{CLAIMS}{claim.pk}/withdraw/"
    assert "Skriv begrundelsen." in words(client.post(address, {"key": str(uuid.uuid4()), "reason": ""}))
    typed = {"key": str(uuid.uuid4()), "reason": "Regnskabet var læst forkert"}
    assert client.post(address, typed).context["form"].errors["voucher"]
    assert not Proposal.objects.filter(kind="claim_withdrawal").exists()
    answer = client.post(address, {**typed, "voucher": SimpleUploadedFile("notat.pdf", documents.pdf("Notat"))})
    proposal = Proposal.objects.get(kind="claim_withdrawal")
    assert answer["Location"] == proposal.get_absolute_url()
    assert "venter på en afgørelse" in words(client.get(page_of(claim)))
    assert "Mangler at blive betalt 1.000,00 kr. 0,00 kr." in words(client.get(proposal.get_absolute_url()))
    client.force_login(people.lars)
    assert f"Tilbagetrækning af krav nr. {claim.pk} mod Mary Fonden" in words(client.get("/admin/initiatives/payment/waiting/"))
    proposals.approve(people.lars, proposal, key=uuid.uuid4())
    assert "Kravet er trukket tilbage." in words(client.get(page_of(claim)))


# The account


def test_the_account_is_proposed_where_everybody_can_see_who_stands_behind_it(client, people):
    client.force_login(people.sofie)
    page = client.get(ACCOUNT)
    assert page.context["form"] is None
    assert "9999 0000123450" in words(page)
    assert "Den, der rejser krav eller registrerer tilbagebetalinger, kan ikke være med." in words(page)
    typed = {
        "key": str(uuid.uuid4()),
        "name": "Konto",
        "registration_number": "9999",
        "account_number": "0000999999",
        "effective_from": "01.06.2023",
        "reason": "Ny",
    }
    document = {"voucher": SimpleUploadedFile("aftale.pdf", documents.pdf("Aftale"))}
    assert client.post(ACCOUNT, {**typed, **document}).status_code == 403
    client.force_login(people.nina)
    for field, wrong in (
        ("registration_number", "999"),
        ("registration_number", "９９９９"),
        ("account_number", "12 34"),
        ("name", ""),
        ("effective_from", "i morgen"),
    ):
        assert field in client.post(ACCOUNT, {**typed, field: wrong}).context["form"].errors
    assert "voucher" in client.post(ACCOUNT, typed).context["form"].errors
    document = {"voucher": SimpleUploadedFile("aftale.pdf", documents.pdf("Aftale"))}
    client.post(ACCOUNT, {**typed, **document})
    proposal = Proposal.objects.filter(kind="receiving_account").latest("pk")
    assert "9999 0000999999" in words(client.get(ACCOUNT))
    said = words(client.get(proposal.get_absolute_url()))
    assert "Kontonummer 0000123450 0000999999" in said


# The grantee


def test_the_grantee_reads_what_it_owes_by_when_where_to_and_what_becomes_of_it(client, people, lift, voucher):
    error, unspent = expect(people.sofie, lift, "1.000", cause=Cause.ERROR, text="For meget udbetalt"), expect(people.sofie, lift, "300", due=date(2099, 1, 1))
    repay(people.sofie, lift, "400", cause=Cause.ERROR, claim=error)
    client.force_login(people.maria)
    said = words(client.get(f"/tilskud/{lift.slug}/"))
    assert re.search(
        r"600,00 kr. senest 01.07.2023 [\d.]+ dage over tiden Årsag: fejl. For meget udbetalt I har betalt 400,00 kr. af kravet på 1.000,00 kr. Beløbet", said
    )
    assert "300,00 kr. senest 01.01.2099 Årsag: uforbrugte midler." in said
    assert "Beløbet går til statskassen og kan ikke udbetales igen." in said
    assert f"Betal til ministeriets konto 9999 0000123450 (Tilbagebetaling af tilskud), og skriv »Krav {unspent.pk}«." in said
    proposals.approve(people.lars, claims.withdraw(people.sofie, unspent, reason="Fejl", voucher=voucher, key=uuid.uuid4()), key=uuid.uuid4())
    assert "300,00 kr.: Trukket tilbage af ministeriet. I skal ikke betale det." in words(client.get(f"/tilskud/{lift.slug}/"))


def test_a_grantee_with_several_grants_sees_what_it_owes_before_it_opens_one(client, people, voucher):
    campaign = Earmark.objects.with_accounts().get(slug="landsindsats-sbst")
    pay(people, campaign, voucher)
    expect(people.sofie, campaign, "1.000")
    client.force_login(people.bo)
    assert re.search(r"1.000,00 kr. skal betales tilbage senest 01.07.2023: [\d.]+ dage over tiden.", words(client.get("/tilskud/")))


def test_nobody_elses_claims_are_shown(client, people, lift):
    expect(people.sofie, lift, "1.000")
    client.force_login(people.freja)
    assert "1.000,00" not in words(client.get("/tilskud/"))


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_pages_read_well(visit, people, lift, voucher, size):
    late, open_one = (
        expect(people.sofie, lift, "60.000", cause=Cause.DISALLOWED, text="Udgifter uden bilag"),
        expect(people.sofie, lift, "15.000", due=date(2099, 1, 1)),
    )
    repay(people.sofie, lift, "25.000", cause=Cause.DISALLOWED, claim=late)
    repay(people.sofie, lift, "5.000", cause=Cause.DISALLOWED)
    claims.withdraw(people.sofie, open_one, reason="Regnskabet var læst forkert", voucher=voucher, key=uuid.uuid4())
    actor = movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    assert actor
    sofie = visit("sofie", size=size)
    for address in (
        CLAIMS,
        page_of(late),
        page_of(open_one),
        f"{RAISE}?earmark={lift.slug}",
        f"{REPAY}?krav={late.pk}",
        f"{CLAIMS}{late.pk}/withdraw/",
        ACCOUNT,
    ):
        sofie.go(address)
    sofie.go(f"/admin/initiatives/earmark/{lift.pk}/change/")
    visit("nina", size=size).go(ACCOUNT)
    mette = visit("mette", size=size)
    mette.go(f"{PROPOSE}?krav={late.pk}")
    mette.go(page_of(late))
    visit("maria", size=size).go(f"/tilskud/{lift.slug}/")
