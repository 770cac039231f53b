"""The pages of what is told, with the whole story behind them: a grantee reads its own, auditors and staff read all of it."""

import pytest

from initiatives import demo
from initiatives.models import Notice


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_everybody_reads_what_was_told(visit, people, size):
    assert demo.play_story(people.by_name)
    maria = visit("maria", size=size)
    maria.click("Beskeder")
    assert "Udbetaling på 1.000.000,00 kr. til Mary Fonden" in maria.text()
    assert "Ældre Sagen" not in maria.text()
    maria.click("Udbetaling på 1.000.000,00 kr. til Mary Fonden")
    assert "den konto, der ender på 4567" in maria.text()
    assert "Venter på at blive sendt" in maria.text()
    maria.click("Beskeder")
    claim = Notice.objects.filter(what="claim", grantee__slug="mary-fonden").latest("pk")
    maria.go(claim.get_absolute_url())
    assert "Betal kun til den konto, der står her" in maria.text()
    maria.click("Indsigelser")
    assert "Venter på svar" in maria.text()

    åse = visit("åse", size=size)
    åse.click("Indsigelser")
    åse.page.locator(".letters a").first.click()
    åse.look()
    assert "I har ret: bilaget lød på 475.000,00 kr." in åse.text()

    rikke = visit("rikke", size=size)
    rikke.go("/beskeder/")
    rikke.go("/indsigelser/")
    assert "Hvad tilskudsmodtagerne siger ikke er rigtigt" in rikke.text()

    sofie = visit("sofie", size=size)
    sofie.go("/admin/initiatives/notice/")
    assert "venter" in sofie.text()
    sofie.go(f"/admin/initiatives/notice/{claim.pk}/change/")
    assert "Ingen kan standse, ændre eller slette en besked." in sofie.text()
    sofie.go("/admin/initiatives/notice/?levering=unreachable")
    assert "Ingen beskeder svarer til det valgte." in sofie.text()


def test_the_lists_cost_the_same_however_many_notices_there_are(client, people, django_assert_max_num_queries):
    for username, address in (("maria", "/beskeder/"), ("rikke", "/beskeder/"), ("sofie", "/admin/initiatives/notice/")):
        client.force_login(getattr(people, username))
        with django_assert_max_num_queries(20):
            assert client.get(address).status_code == 200
