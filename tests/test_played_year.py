"""The year 2023 as the people live it, in a real Chromium: from its first instalment to its close, through the pages alone.

It begins where the demo's story stands in January 2023: the allocation in effect, the Finance Act's figures written down, each earmark planned. What only time
does is moved: the pages believe that it is the day of the act. What the books hold is never asked of the books; it is read where a person reads it.
"""

import csv
import io
import re
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from django.utils import timezone

from initiatives import story
from ledger.formats import parse_amount
from tests import documents
from tests.browser import Visitor

FME, LIFT, AELDRE, KORS = "landsindsats-folkebevaegelsen", "lift-mary-fonden", "faellesskabsguides-aeldre-sagen", "faellesskabsguides-roede-kors"
CAMPAIGN, SECRETARIAT = "landsindsats-sbst", "sekretariat-sbst"
# Each frame's year: granted, used, lapsed, carried over.
FRAMES = (
    ("Initiativer mod ensomhed 2023–2025", "20.800.000,00", "2.362.500,75", "40.000,00", "18.397.499,25"),
    ("Social- og Boligstyrelsens opgave 2023–2025 (sekretariat)", "1.500.000,00", "125.000,00", "0,00", "1.375.000,00"),
)
MOVED = ("Bevilget, kr.", "Anvendt, kr.", "Bortfaldet, kr.", "Videreført, kr.")
# Read from a page: a table's rows as {heading: words}, the first cell's first line under ""; and a list of figures as {term: words}.
TABLE = """table => [...table.querySelectorAll("tbody tr, tfoot tr")].map(row => Object.fromEntries([...row.cells].map((cell, place) =>
    [place ? table.tHead.rows[0].cells[place].innerText.replace(/\\s+/g, " ").trim() : "", cell.innerText.trim().split("\\n")[0]])))"""
FIGURES = (
    """list => Object.fromEntries([...list.querySelectorAll("div")].map(pair => [pair.querySelector("dt").innerText, pair.querySelector("dd").innerText]))"""
)


@pytest.fixture
def it_is(monkeypatch) -> Callable[[int, int, int], None]:
    """`it_is(2023, 2, 13)`: the pages believe it. The books' own clock is not moved."""
    real = timezone.localdate

    def moved(*day: int) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda value=None, zone=None: real(value, zone) if value else date(*day))

    return moved


@pytest.fixture
def january(play) -> None:
    """The story's own first lines."""
    play("\n".join(line for line in story.SOURCE.read_text(encoding="utf-8").splitlines() if line.startswith("2023-01-")))


@pytest.fixture
def paper(tmp_path) -> Callable[[str], Path]:
    def written(name: str) -> Path:
        file = tmp_path / f"{name}.pdf"
        file.write_bytes(documents.pdf(name))
        return file

    return written


def kr(text: str) -> Decimal:
    return parse_amount(text.replace("\u00a0", " ").removesuffix("kr.").strip())


def table(visitor: Visitor, name: str) -> list[dict[str, str]]:
    return visitor.page.get_by_role("region", name=name, exact=True).locator("table").evaluate(TABLE)


def figures(visitor: Visitor) -> dict[str, str]:
    return visitor.page.locator("dl.figures").first.evaluate(FIGURES)


def front(visitor: Visitor) -> None:
    visitor.page.get_by_role("link", name="Forside").first.click()
    visitor.look()


def follow(visitor: Visitor, words: str) -> None:
    """Takes the one link whose words begin so."""
    visitor.page.locator("#content").get_by_role("link", name=re.compile(f"^{words}")).first.click()
    visitor.look()


def fill(visitor: Visitor, label: str, typed: str) -> None:
    visitor.page.get_by_label(re.compile(rf"^{re.escape(label)}( \(kan udelades\))?$")).fill(typed)


def said(visitor: Visitor, words: str) -> None:
    page = visitor.page.locator("body").inner_text().replace("\u00a0", " ")
    assert words in page, f"{visitor.page.url} does not say {words!r}:\n{page}"


# February


def register_what_is_due(sofie: Visitor, invoice: Path) -> float:
    """From the front page to the registration, by keyboard alone: which instalment, which voucher, which case, and yes. Answers with the seconds it took."""
    keyboard, begun = sofie.page.keyboard, time.monotonic()
    for key in ("Tab", "Enter"):
        keyboard.press(key)  # past the menu
    for _ in range(4):
        keyboard.press("Tab")
        if "Folkebevægelsen" in sofie.page.evaluate("document.activeElement.tagName === 'A' ? document.activeElement.closest('tr').innerText : ''"):
            break
    keyboard.press("Enter")
    with sofie.page.expect_file_chooser() as chooser:
        sofie.page.locator("input[name=voucher]:focus").wait_for()  # where the page puts the cursor
        keyboard.press("Space")
    chooser.value.set_files(invoice)
    keyboard.press("Tab")
    keyboard.type("2023-1101")
    keyboard.press("Enter")
    sofie.page.wait_for_url("**/settle/")
    return time.monotonic() - begun


def upload_the_others(sofie: Visitor, invoice: Path, folder: Path) -> None:
    """The template, filled in with one amount too many; what the page says; put right; registered."""
    rows = [
        (LIFT, 5_000_000, date(2023, 2, 15), "2023-1102", "1. rate 2023"),
        (AELDRE, 515_000, date(2023, 3, 1), "2023-1103", "1. rate 2023"),
        (KORS, 475_000, date(2023, 3, 1), "2023-1104", "1. rate 2023"),
        (CAMPAIGN, 350_000, date(2023, 3, 15), "2023-1105", "Kampagnens 1. halvår"),
        (SECRETARIAT, 125_000, date(2023, 3, 15), "2023-1106", "Opsamling, 1. kvartal"),
        (SECRETARIAT, Decimal("12500.75"), date(2023, 3, 15), "2023-1106", "Trykning af pjecer"),
    ]
    sofie.click("Flerudbetaling")
    with sofie.page.expect_download() as download:
        sofie.page.get_by_role("link", name="Hent skabelon til Excel").click()
    book = openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes()))
    for row in rows:
        book["Udbetalinger"].append(row)
    sheet = folder / "februar.xlsx"
    book.save(sheet)
    sofie.page.get_by_label("Ark med udbetalinger").set_input_files(sheet)
    sofie.page.get_by_label("Bilag", exact=True).set_input_files(invoice)
    sofie.click("Se, hvad arket giver", role="button")
    (wrong,) = table(sofie, "Fejl i arket")
    assert (wrong["Kolonne"], "Der er 3.800.000,00 kr. tilbage" in wrong["Hvad du kan gøre"].replace("\u00a0", " ")) == ("Beløb", True), wrong
    book["Udbetalinger"].cell(int(wrong[""]), 2, 500_000)
    book.save(sheet)
    sofie.page.get_by_label("Ark med udbetalinger").set_input_files(sheet)
    sofie.click("Se, hvad arket giver", role="button")
    sofie.click("Registrer alle 6 udbetalinger (1.977.500,75\u00a0kr.)", role="button")
    said(sofie, "6 af 6 udbetalinger venter på godkendelse")


def approve_them(anders: Visitor) -> None:
    """The first on its own page, with its course and its document; the batch ticked, with its sum beside."""
    follow(anders, r"Godkend udbetaling nr\. \d+$")
    said(anders, "1. rate 2023 skulle betales 15.02.2023")
    with anders.page.expect_download() as download:
        anders.page.get_by_role("link", name="Hent Faktura 1101.pdf").click()
    assert download.value.path().read_bytes() == documents.pdf("Faktura 1101")
    anders.click("Godkend 550.000,00\u00a0kr.", "button")
    front(anders)
    follow(anders, "Afkryds og godkend udbetalinger")
    for box in anders.page.get_by_role("checkbox").all():
        box.press("Space")
    said(anders, "6 valgt, i alt 1.977.500,75 kr.")
    anders.click("Godkend de valgte", "button")
    said(anders, "6 udbetalinger på i alt 1.977.500,75 kr. er godkendt.")


def release(pia: Visitor, count: str, amount: str) -> list[list[str]]:
    """The file as it leaves, a list of cells for each payment."""
    front(pia)
    follow(pia, f"{count} er klar til at blive frigivet")
    pia.click(f"Frigiv {amount}\u00a0kr.", "button")
    with pia.page.expect_download() as download:
        pia.page.get_by_role("link", name=re.compile("^Hent")).first.click()
    _, *payments, control = csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig")), delimiter=";")
    assert kr(control[2]) == sum(kr(payment[2]) for payment in payments) == kr(amount)
    return payments


def take_list(karen: Visitor, payments: list[list[str]], first: str, last: str, *others: str) -> None:
    """The accounting system's answer to a payment file, and what it paid besides."""
    rows = [f"{reference};{amount};{day};{text};betalt" for _, reference, amount, _, day, *_, text, _ in payments]
    content = "\r\n".join(["Reference;Beløb;Dato;Tekst;Status", *rows, *others])
    karen.click("Afstemning")
    karen.click("Indlæs liste over betalinger")
    karen.page.get_by_label("Liste over betalinger").set_input_files({"name": "liste.csv", "mimeType": "text/csv", "buffer": content.encode()})
    karen.page.get_by_label("Listen dækker fra og med").fill(first)
    karen.page.get_by_label("Til og med", exact=True).fill(last)
    karen.click("Se, hvad listen giver", "button")
    said(karen, f"Stemmer: {len(payments)}")
    karen.click(f"Indlæs listen for {first}–{last}", "button")


# The close of a month


def register_too_much(sofie: Visitor, invoice: Path) -> None:
    sofie.click("Registrer udbetaling")
    choice = sofie.page.get_by_label("Øremærkning")
    choice.select_option(label=next(option for option in choice.locator("option").all_inner_texts() if "Folkebevægelsen" in option))
    sofie.page.locator("[data-earmark]").wait_for()
    sofie.page.get_by_label("Beløb i kr.").fill("5.500.000")
    sofie.page.get_by_label("Valørdato").fill("31.03.2023")
    sofie.page.get_by_label("Bilag").set_input_files(invoice)
    sofie.click("Registrer udbetalingen", "button")


def close(karen: Visitor, code: str, reason: str = "") -> None:
    """Closes the period at hand, or the one that the front page or the one before leads to."""
    if reason:
        karen.page.get_by_label("Hvorfor perioden lukkes").fill(reason)
    karen.page.get_by_role("button", name=f"Luk perioden {code}", exact=True).click()
    karen.page.get_by_role("heading", name="Hvad lukningen fandt").wait_for()


def checklist(karen: Visitor) -> dict[str, tuple[str, str]]:
    return {row[""]: (row["Svar"], row["Hvad der er fundet"].replace("\u00a0", " ")) for row in table(karen, "Kontrolpunkter")}


def close_the_first_quarter(karen: Visitor, anders: Visitor, mette: Visitor, note: Path) -> None:
    """January and February have nothing open. March is held; its checklist says what is missing, and each leads to where it is mended."""
    front(karen)
    follow(karen, "Luk perioden 2023-01")
    close(karen, "2023-01")
    follow(karen, "Gå til februar 2023")
    close(karen, "2023-02")
    follow(karen, "Gå til marts 2023")
    karen.click("Tilbagehold perioden", "button")
    assert checklist(karen)["Alt er godkendt eller afvist"] == ("Åbent", "1 registrering venter, i alt 5.500.000,00 kr.")
    assert checklist(karen)["Betalingslisterne stemmer"] == ("Åbent", "1 række stemmer ikke, i alt 375,00 kr.")
    march = karen.page.url

    front(anders)
    follow(anders, "Godkend udbetaling nr")
    anders.page.get_by_label("Begrundelse").fill("Bilaget lyder på 550.000,00 kr.")
    anders.click("Afvis registreringen", "button")

    follow(karen, "GEBYR-2023-1")
    follow(karen, "Forklar")
    karen.page.get_by_label("Begrundelse").fill("Bankens gebyr for kontoen. Det hører ikke til tilskuddene.")
    karen.page.get_by_label("Dokument").set_input_files(note)
    karen.click("Foreslå forklaringen", "button")
    front(mette)
    follow(mette, "Afgør:")
    mette.click("Godkend forslaget", "button")

    karen.page.goto(march)
    assert {answer for answer, _ in checklist(karen).values()} == {"I orden", "Ved lukning"}
    close(karen, "2023-03")
    assert {answer for answer, _ in checklist(karen).values()} == {"I orden"}


# What goes wrong, and what is documented


def book_on_the_right_earmark(sofie: Visitor, anders: Visitor) -> None:
    """The leaflets belong to the campaign: found by their amount, reversed and booked anew in one go, dated in a month that is open."""
    sofie.page.get_by_label("Find i hele systemet").fill("12.500,75")
    sofie.page.keyboard.press("Enter")
    sofie.page.locator(".found-list").first.wait_for()
    follow(sofie, "Udbetaling nr")
    sofie.click("Tilbagefør og bogfør på ny")
    choice = sofie.page.get_by_label("Bogføres på ny på")
    choice.select_option(label=next(option for option in choice.locator("option").all_inner_texts() if "kampagne" in option))
    assert sofie.page.get_by_label("Valørdato").input_value() == "11.04.2023"
    fill(sofie, "Tekst", "Pjecerne hører til kampagnen")
    sofie.click("Registrer tilbageførslen", "button")
    front(anders)
    follow(anders, "Godkend tilbageførsel")
    anders.click("Godkend 12.500,75\u00a0kr.", "button")


def document_half_a_year(sofie: Visitor, ida: Visitor, paper: Callable[[str], Path]) -> None:
    """Ældre Sagen's accounts come in with their statements, and are checked by somebody who never paid."""
    front(sofie)
    follow(sofie, "Ældre Sagen")
    follow(sofie, "Registrer regnskab")
    for label, typed in (("Fra og med", "01.01.2023"), ("Til og med", "30.06.2023"), ("Anvendt i alt, kr.", "430.000,25"), ("Journalnummer", "2023-1103")):
        fill(sofie, label, typed)
    for label in ("Regnskabet", "Revisorerklæring", "Forvaltningsrevision"):
        sofie.page.get_by_label(label, exact=True).set_input_files(paper(label))
    sofie.click("Registrer regnskabet", "button")
    front(ida)
    follow(ida, "Kontrollér regnskab")
    ida.click("Godkend regnskabet", "button")
    said(ida, "430.000,25 kr. dokumenteret")


def take_money_back(sofie: Visitor) -> None:
    """Ældre Sagen was paid 40.000 kr. too much. Where they go is shown before they are booked."""
    front(sofie)
    follow(sofie, "Ældre Sagen")
    follow(sofie, "Registrer tilbagebetaling")
    sofie.page.get_by_label("Beløb i kr.").fill("40.000")
    sofie.page.get_by_label("Årsag").select_option(label="Fejl")
    fill(sofie, "Tekst", "For meget udbetalt i 1. rate")
    sofie.click("Vis, hvor pengene går hen", "button")
    said(sofie, "Til øremærkningen")
    sofie.click("Bogfør 40.000,00\u00a0kr.", "button")


# The close of the year


def close_the_year(karen: Visitor, lars: Visitor) -> dict[str, dict[str, str]]:
    """Month after month, and what came back and was not used again lapses in 13.1. Answers with the settlement that the last closing kept, by frame."""
    front(karen)
    follow(karen, "Luk perioden 2023-04")
    for code in (*(f"2023-{month:02}" for month in range(4, 12)), "2023-12", "2023-13.1", "2023-13.2"):
        if code == "2023-12":
            assert checklist(karen)["Årets tilbagebetalte midler er brugt igen eller bortfaldet"][0] == "Åbent"
            karen.look()
            close(karen, code, "De 40.000,00 kr. fra Ældre Sagen bortfalder i supplementsperioden 13.1")
        elif code == "2023-13.1":
            follow(karen, "Registrer bortfaldet")
            fill(karen, "Tekst", "Kom tilbage i 2023 og blev ikke brugt igen")
            karen.click("Registrer bortfaldet", "button")
            assert checklist(karen)["Alt er godkendt eller afvist"][0] == "Åbent"
            front(lars)
            follow(lars, "Godkend bortfald")
            lars.click("Godkend 40.000,00\u00a0kr.", "button")
            karen.page.reload()
            close(karen, code)
        else:
            close(karen, code)
        if code != "2023-13.2":
            karen.page.locator("a.button", has_text="Gå til ").click()
            karen.page.get_by_role("heading", name="Tilbagehold og luk").wait_for()
    karen.look()
    said(karen, "Bøgerne siger det samme i dag.")
    return {row[""]: row for row in table(karen, "Bevillingsafregning")}


def grants_of(karen: Visitor, frame: str) -> list[dict[str, Decimal]]:
    """Every grant of a frame, as its own page has it; each figure is the front page's, too."""
    sheet = karen.page.get_by_role("region", name=frame, exact=True)
    *front_page, _ = table(karen, frame)
    pages = [link.get_attribute("href") for link in sheet.locator("tbody th a").all()]
    assert len(pages) == len(front_page) == len(set(pages))
    found = []
    for row, page in zip(front_page, pages, strict=True):
        karen.page.goto(karen.site + (page or ""))
        told = {"Rest at udbetale": karen.page.locator(".headline strong").inner_text(), **figures(karen)}
        found.append({name: kr(amount) for name, amount in told.items()})
        shown = {"Dokumenteret": "Dokumenteret anvendt"}
        for heading in ("Øremærket", "Reserveret", "Udbetalt", "Dokumenteret", "Rest at udbetale"):
            assert kr(row[f"{heading}, kr."]) == found[-1][shown.get(heading, heading)], (row, told)
    front(karen)
    return found


def every_figure_agrees(karen: Visitor, kept: dict[str, dict[str, str]]) -> None:
    """Front page, each grant's page and the settlement, as they are read there, to the øre; and what the year's last closing kept."""
    front(karen)
    grants = {frame: grants_of(karen, frame) for frame in kept}
    totals = {frame: table(karen, frame)[-1] for frame in kept}
    karen.click("Bevillingsafregning")
    assert karen.page.get_by_role("row", name=re.compile(r"^2023 lukket")).count() == len(kept) == len(FRAMES)
    for frame, earmarked, used, lapsed, left in FRAMES:
        year = next(row for row in table(karen, frame) if row[""] == "2023")
        assert {name: year[name] for name in MOVED} == {name: kept[frame][name] for name in MOVED}
        assert [year[name] for name in MOVED] == [earmarked, used, lapsed, left]
        assert (totals[frame]["Øremærket, kr."], totals[frame]["Rest at udbetale, kr."], year["Heraf øremærket, kr."]) == (earmarked, left, left)
        assert kr(used) == sum(grant["Udbetalt"] - grant.get("Tilbagebetalt", 0) for grant in grants[frame])
        assert kr(used) == kr(totals[frame]["Udbetalt, kr."]) - sum(grant.get("Tilbagebetalt", 0) for grant in grants[frame])
        assert kr(lapsed) == sum(grant.get("Bortfaldet", 0) for grant in grants[frame])
        assert kr(earmarked) == kr(used) + kr(lapsed) + kr(left)


def test_a_year_from_its_first_instalment_to_its_close(visit, january, it_is, paper, tmp_path, capsys):
    sofie, anders, pia, karen, mette, lars, ida = (visit(name) for name in ("sofie", "anders", "pia", "karen", "mette", "lars", "ida"))
    it_is(2023, 2, 13)
    sofie.page.get_by_role("heading", name="Venter på mig").wait_for()
    seconds = register_what_is_due(sofie, paper("Faktura 1101"))
    with capsys.disabled():
        print(f"\nFrom the front page to the registration by keyboard: {seconds:.1f} seconds, four decisions")
    upload_the_others(sofie, paper("Rateudbetalinger"), tmp_path)
    it_is(2023, 2, 14)
    approve_them(anders)
    it_is(2023, 3, 16)
    payments = release(pia, "7 godkendte betalinger", "2.527.500,75")
    it_is(2023, 4, 3)
    take_list(karen, payments, "01.01.2023", "31.03.2023", "GEBYR-2023-1;375,00;31.03.2023;Gebyr for kontoføring;betalt")
    register_too_much(sofie, paper("Faktura 1107"))
    close_the_first_quarter(karen, anders, mette, paper("Gebyr"))
    it_is(2023, 4, 11)
    book_on_the_right_earmark(sofie, anders)
    it_is(2023, 8, 15)
    document_half_a_year(sofie, ida, paper)
    it_is(2023, 9, 20)
    take_money_back(sofie)
    it_is(2024, 1, 15)
    every_figure_agrees(karen, close_the_year(karen, lars))
    åse = visit("åse", size="phone")
    assert re.search(r"Rest at modtage\s+3\.285\.000,00 kr\.", åse.text())
    åse.look()
