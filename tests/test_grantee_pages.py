"""What a grantee sees: its own figures, every payment in plain words, and nothing of anybody else's."""

import re
import uuid
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from initiatives import accounts, decisions, demo, movements, payments
from initiatives.models import Earmark
from initiatives.paying.references import reference_of
from initiatives.views.pages import ROWS
from ledger import booking
from ledger.formats import number
from ledger.kinds import AccountKind, Cause

DAY = date(2023, 4, 3)
HOLDERS = {
    "freja": ["landsindsats-folkebevaegelsen"],
    "bo": ["landsindsats-sbst", "sekretariat-sbst"],
    "maria": ["lift-mary-fonden"],
    "åse": ["faellesskabsguides-aeldre-sagen"],
    "rune": ["faellesskabsguides-roede-kors"],
}


def kr(text):
    return Money(text.replace(".", "").replace(",", "."), "DKK")


def words(answer):
    """What the page's main part says, one line of plain spaces."""
    assert answer.status_code == 200
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL).group()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


def lines(answer):
    """The entries, each as one line of words; the way to object that each has is looked at by itself."""
    return [
        re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", re.sub(r'<p class="object">.*?</p>', "", item)))).strip()
        for item in re.findall(r'<li class="(?:moved|waiting|cancelled)">.*?</li>', answer.text, re.DOTALL)
    ]


@pytest.fixture
def register(people, voucher):
    def registered(earmark, amount, text="1. rate", by="sofie", day=DAY):
        return payments.register_disbursement(
            getattr(people, by), earmark, amount=kr(amount), value_date=day, voucher=voucher, key=uuid.uuid4(), case_number="2023-7", text=text
        )

    return registered


@pytest.fixture
def maria(client, people):
    client.force_login(people.maria)
    return client


def test_what_is_on_its_way_is_no_longer_left_and_what_is_approved_is_paid(maria, people, lift, register):
    assert "Rest at modtage 3.800.000,00 kr." in words(maria.get("/tilskud/"))
    pending = register(lift, "500.000,00")
    page = maria.get("/tilskud/")
    assert "Rest at modtage 3.300.000,00 kr." in words(page)
    assert "Udbetalt 0,00 kr." in words(page)
    assert "På vej 500.000,00 kr." in words(page)
    assert "Bevilget 3.800.000,00 kr. Udbetalt 0,00 kr. På vej -500.000,00 kr. Rest at modtage 3.300.000,00 kr." in words(page)
    where = f"Reference {reference_of(pending)} Til Bankkonto 9999 000 123 4567"
    assert lines(page)[0] == f"03.04.2023 Udbetaling 1. rate Journalnr. 2023-7 {where} På vej, venter på godkendelse 500.000,00 kr."

    payments.approve(people.anders, pending, key=uuid.uuid4())
    page = maria.get("/tilskud/")
    assert "Rest at modtage 3.300.000,00 kr." in words(page)
    assert "Udbetalt 500.000,00 kr." in words(page)
    assert "På vej 0,00 kr." in words(page)
    assert lines(page) == [
        f"03.04.2023 Udbetaling 1. rate Journalnr. 2023-7 {where} 500.000,00 kr. til jer Ikke udbetalt 3.300.000,00 kr. Hos jer 500.000,00 kr.",
        "01.01.2023 Bevilget Fællesskaber og støtte til unge, der oplever ensomhed 3.800.000,00 kr. Ikke udbetalt 3.800.000,00 kr.",
    ]


def test_beside_each_entry_the_grantee_says_that_it_is_not_right_and_staff_cannot(client, maria, people, lift, register):
    pending = register(lift, "500.000,00")
    assert f'href="/indsigelser/ny/?postering={pending.pk}"' in maria.get("/tilskud/").text
    client.force_login(people.sofie)
    assert "/indsigelser/ny/" not in client.get(lift.get_absolute_url()).text


@pytest.mark.parametrize("end", ["rejected", "withdrawn"])
def test_a_registration_that_came_to_nothing_says_so_and_keeps_its_reason_to_the_ministry(maria, people, lift, register, end):
    pending = register(lift, "500.000,00")
    if end == "rejected":
        payments.reject(people.anders, pending, reason="Bilaget ligner ikke det rigtige", key=uuid.uuid4())
    else:
        payments.withdraw(people.sofie, pending, reason="Bilaget ligner ikke det rigtige", key=uuid.uuid4())
    page = maria.get("/tilskud/")
    assert "Rest at modtage 3.800.000,00 kr." in words(page)
    assert lines(page)[0] == "03.04.2023 Udbetaling 1. rate Journalnr. 2023-7 Blev ikke udbetalt: registreringen er annulleret 500.000,00 kr."
    assert len(lines(page)) == 2
    assert "Bilaget ligner" not in page.text


def test_money_passed_on_given_back_documented_and_repaid_is_told_from_the_grantees_side(maria, people, lift, register, voucher):
    payments.approve(people.anders, register(lift, "500.000,00"), key=uuid.uuid4())
    actor = movements.open_local_actor(people.sofie, lift, name="Klubben Lyspunktet", municipality_code="461")
    movements.regrant(people.sofie, actor, amount=kr("200.000,00"), value_date=DAY, key=uuid.uuid4(), text="Værksted")
    movements.return_regrant(people.sofie, actor, amount=kr("50.000,00"), value_date=DAY, key=uuid.uuid4(), text="Aflyst")
    papers = {"voucher": voucher, "auditors_statement": voucher, "performance_audit": voucher}
    year = {"starts": date(2023, 1, 1), "ends": date(2023, 3, 31), "received_on": DAY}
    report = accounts.receive(people.sofie, lift, actor=actor, used=kr("120.000,00"), text="Regnskab 2023", key=uuid.uuid4(), **year, **papers)
    assert lines(maria.get("/tilskud/"))[0] == "03.04.2023 Regnskab: Klubben Lyspunktet Regnskab 2023 Venter på godkendelse 120.000,00 kr."
    accounts.approve(people.ida, report, key=uuid.uuid4())
    movements.repay(people.sofie, lift, amount=kr("30.000,00"), cause=Cause.UNSPENT, value_date=DAY, key=uuid.uuid4(), text="Rest")
    movements.repay(people.sofie, lift, amount=kr("10.000,00"), cause=Cause.ERROR, value_date=DAY, key=uuid.uuid4(), text="For meget")

    page = maria.get("/tilskud/lift-mary-fonden/")
    assert lines(page)[:5] == [
        "03.04.2023 Tilbagebetaling Årsag: fejl. For meget 10.000,00 kr. fra jer Ikke udbetalt 3.310.000,00 kr. Hos jer 310.000,00 kr.",
        "03.04.2023 Tilbagebetaling Årsag: uforbrugte midler. Rest 30.000,00 kr. fra jer Hos jer 320.000,00 kr.",
        "03.04.2023 Godkendt regnskab: Klubben Lyspunktet Regnskab 2023 120.000,00 kr.",
        "03.04.2023 Givet tilbage: Klubben Lyspunktet Aflyst 50.000,00 kr. til jer Hos jer 350.000,00 kr.",
        "03.04.2023 Givet videre: Klubben Lyspunktet Værksted 200.000,00 kr. fra jer Hos jer 300.000,00 kr.",
    ]
    said = words(page)
    for figure in (
        "Bevilget 3.800.000,00 kr. Udbetalt -500.000,00 kr. På vej 0,00 kr. Betalt tilbage og til rådighed igen 10.000,00 kr. Rest at modtage 3.310.000,00 kr.",
        "Givet videre 150.000,00 kr.",
        "Dokumenteret 120.000,00 kr.",
        "Tilbagebetalt 40.000,00 kr.",
        "Ikke dokumenteret endnu 340.000,00 kr.",
    ):
        assert figure in said


def test_a_payment_that_was_never_sent_is_led_back_in_sight_of_the_grantee(maria, people, lift, register):
    paid = payments.approve(people.anders, register(lift, "500.000,00"), key=uuid.uuid4())
    undone = payments.reverse(people.sofie, paid, cause=Cause.NEVER_SENT, value_date=DAY, key=uuid.uuid4(), text="Kom ikke med")
    assert "Venter på godkendelse" in lines(maria.get("/tilskud/"))[0]
    payments.approve(people.anders, undone, key=uuid.uuid4())
    page = maria.get("/tilskud/")
    assert "Udbetalt 0,00 kr." in words(page)
    assert lines(page)[0] == (
        "03.04.2023 Ført tilbage: udbetaling Årsag: aldrig afsendt. Kom ikke med Journalnr. 2023-7 500.000,00 kr. fra jer Ikke udbetalt 3.800.000,00 kr. Hos jer 0,00 kr."
    )


def test_a_cut_that_waits_is_in_the_sum_but_a_gain_that_is_only_considered_is_not_shown(client, people, voucher, lift):
    other = Earmark.objects.with_accounts().get(slug="faellesskabsguides-roede-kors")
    moved = decisions.reallocate(people.mette, other, lift, amount=kr("100.000,00"), value_date=DAY, voucher=voucher, key=uuid.uuid4(), text="Hemmeligt endnu")
    client.force_login(people.rune)
    losing = client.get("/tilskud/")
    assert "Rest at modtage 3.700.000,00 kr." in words(losing)
    assert "Reserveret til en anden beslutning, der venter -100.000,00 kr." in words(losing)
    assert lines(losing)[0] == "03.04.2023 Flyttet herfra Hemmeligt endnu Venter på godkendelse 100.000,00 kr."
    client.force_login(people.maria)
    assert "Hemmeligt endnu" not in client.get("/tilskud/").text
    payments.approve(people.lars, moved, key=uuid.uuid4())
    assert lines(client.get("/tilskud/"))[0] == "03.04.2023 Flyttet hertil Hemmeligt endnu 100.000,00 kr. Ikke udbetalt 3.900.000,00 kr."


@pytest.mark.parametrize(("username", "own"), HOLDERS.items())
def test_a_grantee_sees_its_own_and_learns_not_even_that_others_exist(client, people, username, own):
    client.force_login(getattr(people, username))
    every = list(Earmark.objects.select_related("grantee", "initiative"))
    front = client.get("/tilskud/").text
    for earmark in every:
        answer = client.get(f"/tilskud/{earmark.slug}/")
        assert answer.status_code == (200 if earmark.slug in own else 404)
        assert (f">{earmark.grantee}<" in front or earmark.get_absolute_url() in front) == (earmark.slug in own)
    missing, foreign = client.get("/tilskud/findes-ikke/"), client.get(f"/tilskud/{next(e.slug for e in every if e.slug not in own)}/")
    token = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert token.sub("", missing.text) == token.sub("", foreign.text)


def test_two_earmarks_stand_each_with_its_own_figures_and_are_never_added(client, people):
    client.force_login(people.bo)
    front = words(client.get("/tilskud/"))
    assert front.count("Rest at modtage") == 4  # a headline and its sum, twice
    assert "2.800.000,00 kr." in front
    assert "1.500.000,00 kr." in front
    assert "4.300.000,00" not in front
    assert "Ikke dokumenteret endnu" not in front  # a state agency hands in no accounts


def test_the_story_ends_at_the_figures_that_the_books_hold(client, people):
    demo.play_story(people.by_name)
    for username, slugs in HOLDERS.items():
        client.force_login(getattr(people, username))
        for slug in slugs:
            earmark = Earmark.objects.with_accounts().get(slug=slug)
            page = client.get(f"/tilskud/{slug}/")
            newest = next(line for line in lines(page) if "Ikke udbetalt" in line)
            assert f"Rest at modtage {number(earmark.account.left)} kr." in words(page)
            assert f"Ikke udbetalt {number(earmark.account.balance)} kr." in newest


def test_pages_turn_without_losing_or_repeating_an_entry_and_cost_the_same(maria, people, lift, register):
    def cost(address):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert maria.get(address).status_code == 200
        return len(asked)

    cost("/tilskud/")  # the first visit in a while notes when the session was last used
    maria.get("/tilskud/")  # the first page of a session notes when it was
    before = cost("/tilskud/")
    count = 2 * ROWS + 7
    for turn in range(count):
        pending = register(lift, "1,00", text=f"rate {turn:03}")
        if turn % 2:
            payments.approve(people.anders, pending, key=uuid.uuid4())
    assert cost("/tilskud/") == before

    seen, address = [], "/tilskud/"
    while address:
        page = maria.get(address)
        assert len(lines(page)) <= ROWS
        seen += lines(page)
        older = re.search(r'rel="next" href="(\?foer=\d+)#poster"', page.text)
        address = older and f"/tilskud/{older.group(1)}"
    assert sorted(re.findall(r"rate (\d+)", " ".join(seen)), reverse=True) == [f"{turn:03}" for turn in reversed(range(count))]
    assert cost(f"/tilskud/?foer={lift.account.pk + 10**9}") == before
    newer = re.search(r'rel="prev" href="(\?efter=\d+)#poster"', page.text).group(1)
    assert lines(maria.get(f"/tilskud/{newer}")) == seen[-len(lines(page)) - ROWS : -len(lines(page))]


@pytest.mark.parametrize("typed", ["-1", "x", "9" * 30, "1.5", "²", ""])
def test_a_page_number_that_is_none_is_not_found(maria, typed):
    assert maria.get("/tilskud/", {"foer": typed}).status_code == 404


@pytest.fixture
def opened(lift):
    def another(slug):
        """One more earmark of Mary Fonden's, proposed by nobody yet."""
        account = booking.open_account(f"earmark:{slug}", "Ny", AccountKind.EARMARK, parent=lift.initiative.frame.account)
        beside = {
            kind: booking.open_account(f"{code}:{slug}", "Ny", kind, parent=account, holder=holder)
            for code, kind, holder in (
                ("grantee", AccountKind.GRANTEE, "mary-fonden"),
                ("used", AccountKind.USED, ""),
                ("written-off", AccountKind.WRITTEN_OFF, ""),
            )
        }
        return Earmark.objects.create(
            slug=slug,
            initiative=lift.initiative,
            grantee=lift.grantee,
            track="<b>" + "langt" * 15,
            amount=kr("1,00"),
            award="direct_grant",
            source="x",
            account=account,
            grantee_account=beside[AccountKind.GRANTEE],
            used_account=beside[AccountKind.USED],
            written_off_account=beside[AccountKind.WRITTEN_OFF],
        )

    return another


def test_an_earmark_without_entries_and_with_long_words_is_still_a_page(maria, opened):
    opened("ny")
    page = maria.get("/tilskud/ny/")
    assert "Der er ingen bevægelser endnu." in words(page)
    assert "Rest at modtage 0,00 kr." in words(page)
    assert "&lt;b&gt;langt" in page.text


def test_one_more_earmark_costs_the_list_nothing(maria, opened):
    opened("ny")
    maria.get("/tilskud/")  # the first page of a session notes when it was
    with CaptureQueriesContext(connection) as two:
        assert "2 bevillinger" in words(maria.get("/tilskud/"))
    opened("nyere")
    with CaptureQueriesContext(connection) as three:
        assert "3 bevillinger" in words(maria.get("/tilskud/"))
    assert len(two) == len(three)


def test_staff_sees_the_page_as_the_grantee_does(client, people):
    client.force_login(people.sofie)
    assert "Sådan ser Mary Fonden siden." in words(client.get("/tilskud/lift-mary-fonden/"))


@pytest.mark.parametrize("size", [390, 320])
def test_rest_at_modtage_is_the_largest_figure_on_a_phone_and_in_sight_at_once(people, lift, register, visit, size, committed):
    register(lift, "500.000,00", text="Meget" * 60)
    maria = visit("maria", size="phone")
    maria.page.set_viewport_size({"width": size, "height": 844})
    maria.look()
    assert maria.page.url.endswith("/tilskud/")
    sizes = maria.page.evaluate("""() => [...document.querySelectorAll('main *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .map(e => [parseFloat(getComputedStyle(e).fontSize), e.textContent.trim()]).sort((a, b) => b[0] - a[0]).slice(0, 2)""")
    assert sizes[0][1] == "3.300.000,00\u00a0kr."
    assert sizes[0][0] > sizes[1][0]
    headline = maria.page.locator(".headline .amount").bounding_box()
    assert headline["y"] + headline["height"] < 844
    assert headline["height"] < 60, "it stays on one line"
    maria.page.get_by_text("Rest at modtage").first.click()
    assert maria.page.locator(".headline .sum").is_visible()
    for figure in maria.page.locator(".cards summary").all():
        figure.click()
    maria.look()
