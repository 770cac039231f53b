"""The pages of a close-out: what is missing, the decision, and what its grantee reads."""

import uuid

from initiatives.models import Notice, Proposal
from initiatives.telling import letters
from tests.accounts import earmark
from tests.test_admin_front import words
from tests.test_closeout import LIFT, SEK, approve, close, lapse, page_of, settled  # noqa: F401 — a fixture


def test_the_page_says_what_is_missing_with_links_that_open_filled_in(client, people, lift, pay, django_assert_max_num_queries):
    pay(lift, "500000")
    client.force_login(people.sofie)
    with django_assert_max_num_queries(20):
        page = client.get(page_of(LIFT))
    assert "ting mangler, før tilskuddet kan afsluttes." in words(page)
    assert "Foreslå afslutning" not in words(page)
    claim = client.get(f"/admin/initiatives/claim/raise/?earmark={LIFT}&beloeb=500.000%2C00")
    assert f"/admin/initiatives/claim/raise/?earmark={LIFT}&amp;beloeb=500.000%2C00" in page.text
    assert {name: claim.context["form"].initial[name] for name in ("earmark", "amount", "cause")} == {
        "earmark": lift,
        "amount": "500.000,00",
        "cause": "unspent",
    }
    lapsing = f"/admin/initiatives/payment/propose/?beslutning=lapse&earmark={LIFT}&beloeb=3.300.000%2C00"
    assert lapsing.replace("&", "&amp;") not in page.text, "Sofie may not"
    assert "Gøres af ledelsen." in words(page)
    client.force_login(people.mette)
    assert lapsing.replace("&", "&amp;") in client.get(page_of(LIFT)).text
    opened = client.get(lapsing).context["form"].initial
    assert (opened["decision"], opened["earmark"], opened["amount"]) == ("lapse", lift, "3.300.000,00")
    assert client.post(page_of(LIFT), {}).status_code == 403
    client.force_login(people.maria)
    assert client.get(page_of(LIFT)).status_code in (302, 403)


def test_a_close_out_is_proposed_decided_and_read_by_its_grantee(client, people, settled):  # noqa: F811 — the fixture
    client.force_login(people.sofie)
    typed = {"key": str(uuid.uuid4()), "reason": "Alt er gjort op på Ærø"}
    for wrong, said in (("", "Skriv begrundelsen."), ("x" * 1001, "Begrundelsen er for lang: højst 1.000 tegn.")):
        assert said in words(client.post(page_of(SEK), {**typed, "reason": wrong}))
    sent = client.post(page_of(SEK), typed)
    assert client.post(page_of(SEK), typed)["Location"] == sent["Location"], "a double click proposes once"
    proposal = Proposal.objects.get(kind="close_out")
    assert "venter på ledelsens afgørelse" in words(client.get(page_of(SEK)))
    client.force_login(people.bo)
    assert client.get(f"/tilskud/{SEK}/afslutning/").status_code == 404
    client.force_login(people.lars)
    shown = words(client.get(sent["Location"]))
    assert "Tilskuddet åbent afsluttet" in shown
    client.post(sent["Location"], {"approve-key": str(uuid.uuid4()), "decision": "approve"})
    proposal.refresh_from_db()
    kept = proposal.decision.close_out.letter
    assert f"/bilag/{kept.pk}/" in client.get(page_of(SEK)).text
    assert "Åbn tilskuddet igen" in words(client.get(page_of(SEK)))
    client.force_login(people.søren)
    stale = words(client.post(page_of(SEK), {**typed, "key": str(uuid.uuid4())}))
    assert ("det gælder allerede" in stale, Proposal.objects.filter(kind="close_out").count()) == (True, 1), "a page opened before proposes no opening"
    client.force_login(people.bo)
    assert "Tilskuddet er afsluttet" in words(client.get(f"/tilskud/{SEK}/"))
    answer = client.get(f"/tilskud/{SEK}/afslutning/")
    assert (b"".join(answer.streaming_content), answer["Content-Type"]) == (bytes(kept.content), "application/pdf")
    subject = letters.letter(Notice.objects.get(what="close_out")).subject
    assert subject == "Et tilskud til Social- og Boligstyrelsen er afsluttet"
    assert "Dokumenteret 100.000,25 kr." in words(client.get(f"/beskeder/{Notice.objects.get(what='close_out').pk}/"))
    client.force_login(people.rune)
    assert client.get(f"/tilskud/{SEK}/afslutning/").status_code == 404


def test_the_pages_in_a_browser(visit, people, lift, pay):
    pay(lift, "500000")
    empty = earmark("faellesskabsguides-roede-kors")
    approve(people.lars, lapse(people, empty, "3800000"))
    close(people, empty)
    sofie = visit("sofie")
    sofie.go(page_of(LIFT))
    sofie.page.set_viewport_size({"width": 390, "height": 844})
    sofie.look()
    sofie.go(page_of(empty.slug))
    sofie.page.get_by_role("button", name="Foreslå genåbning").click()
    sofie.look()
    assert "Skriv begrundelsen." in sofie.text()
    sofie.page.set_viewport_size({"width": 1280, "height": 900})
    sofie.go(page_of(empty.slug))
    rune = visit("rune", size="phone")
    rune.go(f"/tilskud/{empty.slug}/")
    with rune.page.expect_download() as download:
        rune.page.get_by_role("link", name="Hent afslutningsbrevet (PDF)").click()
    assert download.value.suggested_filename.startswith(f"afslutning-{empty.slug}-")
