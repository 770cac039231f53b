"""The log: what anybody changed, by page, by verb, by bulk update and in SQL; what was refused, fetched and taken out; searched by auditors, changed by nobody."""

import csv
import hashlib
import io
import uuid
from datetime import date

import openpyxl
import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from djmoney.money import Money

from ensomhed.models import User
from ensomhed.templatetags.danish import tidspunkt
from initiatives import decisions, payments
from initiatives.access import roles
from initiatives.control import proposals
from initiatives.history import log, search
from initiatives.history.search import Place, Sought
from initiatives.history.words import changes_of, deed_of, names_of
from initiatives.models import Event, Grantee
from ledger import sheets
from ledger.models import Period
from ledger.refusals import LedgerError
from tests.test_auditor_pages import words

LOG = "/revision/log/"
HISTORIES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '^initiatives_(event|\\w+history)$'"


def told(**sought) -> list[str]:
    """The log as it would be read aloud, the newest first."""
    lines = []
    for row in search.rows(Sought(**sought), count=200):
        changes = "; ".join(f"{line.label}: {line.before} → {line.after}" for line in changes_of(row, names_of([row])))
        lines.append(" | ".join(filter(None, [row.name, deed_of(row), row.about, changes])))
    return lines


@pytest.fixture
def rikke(client, people):
    client.force_login(people.rikke)
    return client


def test_a_change_on_a_page_is_kept_with_who_where_from_and_what_it_was_before(people):
    client = Client(REMOTE_ADDR="192.0.2.7")
    client.force_login(people.adam)
    page = f"/admin/ensomhed/user/{people.sofie.pk}/change/"
    form = client.get(page).context["adminform"].form
    typed = {name: value for name, value in form.initial.items() if value not in (None, False, [])} | {
        "groups": [group.pk for group in people.sofie.groups.all()]
    }
    assert client.post(page, {**typed, "is_staff": "on", "is_active": "on", "job_title": "Fuldmægtig"}).status_code == 302
    row = next(row for row in search.rows(Sought()) if row.source.name == "user")
    assert (row.person, row.address, row.url) == (people.adam.pk, "192.0.2.7", page)
    assert "Adam Dahl | Bruger ændret | sofie | stilling: Sagsbehandler → Fuldmægtig" in told()


def test_what_changed_is_told_with_names_and_danish_days_and_moments(people):
    decisions.close_period(people.karen, "2023-01")
    when = tidspunkt(Period.objects.get(code="2023-01").closed_at)
    assert f"Karen Friis | Periode ændret | 2023-01 | lukket: nej → ja; lukket den: – → {when}; lukket af: – → Karen Friis" in told()
    roles.propose(people.adam, people.sofie, [Group.objects.get(name="Godkender")], reason="Ny stilling", key=uuid.uuid4())
    assert next(line for line in told() if "Foreslået" in line).endswith("roller Sofie Lund | Roller: Sagsbehandler → Godkender")
    log.note(people.adam, log.REFUSED, "Nej", {"method": "GET", "since": "2023-12-31"})
    assert "Adam Dahl | Afvist på siden | Nej | forsøg: – → at åbne siden; since: – → 31.12.2023" in told()


def test_a_bulk_update_and_plain_sql_are_kept_too(people, application):
    User.objects.filter(username__in=["sofie", "søren"]).update(is_active=False)
    assert {"Bruger ændret | sofie | aktiv: ja → nej", "Bruger ændret | søren | aktiv: ja → nej"} <= set(told())
    application.run("UPDATE ensomhed_user SET email = 'x@example.com' WHERE username = 'maria'")
    assert application.one("SELECT email FROM initiatives_userhistory ORDER BY pgh_id DESC LIMIT 1") == "x@example.com"


def test_roles_and_members_are_told_by_name(committed, people):
    Grantee.objects.get(slug="mary-fonden").members.add(people.freja)
    roles.take_away(people.adam, people.sofie, Group.objects.get(name="Sagsbehandler"))
    proposal = roles.propose(people.adam, people.sofie, [Group.objects.get(name="Godkender")], reason="Ny stilling", key=uuid.uuid4())
    proposals.approve(people.mette, proposal, key=uuid.uuid4())
    said = told(deeds=("role:", "member:"))
    assert {
        "Mette Krogh | Rolle tilføjet | sofie | rolle: – → Godkender",
        "Adam Dahl | Rolle fjernet | sofie | rolle: Sagsbehandler → –",
        "Bruger hos tilskudsmodtager tilføjet | Mary Fonden | bruger: – → freja",
    } <= set(said)


def test_of_a_password_only_that_it_is_new_is_kept(people, application):
    people.sofie.set_password("et helt nyt kodeord 17")
    people.sofie.save()
    assert "Ny adgangskode | sofie" in told()
    columns = {column for (column,) in application.connection.execute("SELECT column_name FROM information_schema.columns WHERE table_name ~ 'history$'")}
    assert columns.isdisjoint({"password", "last_login", "data", "digest"})


def test_a_verb_outside_a_request_says_who(people, lift):
    from initiatives import movements

    movements.open_local_actor(people.sofie, lift, name="Havnen", municipality_code="751")
    assert any(line.startswith("Sofie Lund | Lokal aktør tilføjet | Havnen") for line in told())


def test_a_session_cannot_tell_the_triggers_to_look_away(application):
    names = [name for (name,) in application.connection.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger%%'")]
    assert len(names) > 40
    application.run("SELECT set_config('pgtrigger.ignore', %s, false)", "{" + ",".join(names) + "}")
    before = application.one("SELECT count(*) FROM initiatives_userhistory")
    application.run("UPDATE ensomhed_user SET email = 'ukendt@example.com' WHERE username = 'maria'")
    assert application.one("SELECT count(*) FROM initiatives_userhistory") == before + 1


def test_nobody_writes_changes_or_removes_a_row_of_the_log_not_even_its_owner(application, owner):
    tables = [name for (name,) in owner.connection.execute(HISTORIES)]
    assert len(tables) == 16
    for table in tables:
        if table == "initiatives_event":
            owner.run("INSERT INTO initiatives_event (what, about, figures, address, url) VALUES ('x', '', '{}', '', '')")
            owner.run("SET CONSTRAINTS ALL IMMEDIATE")
        elif not owner.one(f"SELECT count(*) FROM {table}"):
            continue
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table}"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), application.connection.transaction():
                application.run(statement)
            with owner.refused("controls_are_only_added_to"):
                owner.run(statement)
        if table != "initiatives_event":
            with pytest.raises(psycopg.errors.InsufficientPrivilege), application.connection.transaction():
                application.run(f"INSERT INTO {table} SELECT * FROM {table}")


def test_an_event_is_dated_by_the_clock_and_not_by_whoever_writes_it(application):
    application.run("INSERT INTO initiatives_event (at, what, about, figures, address, url) VALUES ('1999-01-01', 'exported', 'gammel', '{}', '', '')")
    assert application.one("SELECT at > now() - interval '1 minute' FROM initiatives_event WHERE about = 'gammel'")


def test_what_a_page_and_the_api_refuse_is_noted_after_it_was_rolled_back(client, people):
    client.force_login(people.sofie)
    assert client.post("/admin/ensomhed/user/add/", {"username": "tante"}).status_code == 403
    assert client.get("/api/v1/transfers/", headers={"Authorization": "Token x"}).status_code == 401
    client.force_login(people.anders)
    assert client.post("/api/v1/disbursements/", {}, content_type="application/json", headers={"Idempotency-Key": str(uuid.uuid4())}).status_code == 403
    noted = list(Event.objects.filter(what=log.REFUSED).order_by("id").values_list("by__username", "url", "figures__method"))
    assert noted == [("sofie", "/admin/ensomhed/user/add/", "POST"), ("anders", "/api/v1/disbursements/", "POST")]


def test_what_the_books_refuse_stands_in_the_log_with_its_figures(committed, people, lift, voucher):
    with pytest.raises(LedgerError):
        payments.register_disbursement(people.sofie, lift, amount=Money("9999999", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    newest = search.rows(Sought(deeds=("refusal:",)))[0]
    assert (newest.name, deed_of(newest), newest.about) == ("Sofie Lund", "Afvist af bøgerne", "account_limit_debits_never_exceed_credits")
    assert "9.999.999,00 kr." in newest.note.replace("\xa0", " ")


def test_files_and_vouchers_are_noted_with_their_digest(rikke, people, voucher):
    content = b"".join(rikke.get("/revision/hent/posteringsliste.csv").streaming_content)
    b"".join(rikke.get(f"/bilag/{voucher.pk}/").streaming_content)
    downloaded, exported = Event.objects.order_by("-id")[:2]
    assert (exported.what, exported.by, exported.about[:15]) == (log.EXPORTED, people.rikke, "posteringsliste")
    assert exported.figures == {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "whole": True}
    assert (downloaded.what, downloaded.about, downloaded.figures["sha256"]) == (log.DOWNLOADED, voucher.name, voucher.pk)


def test_a_file_that_is_broken_off_is_noted_as_such(people, rf):
    request = rf.get("/revision/hent/posteringsliste.csv")
    request.user = people.rikke
    file = log.taken_out([b"the first half", b"the second"], "posteringsliste.csv", request)
    next(file)
    file.close()
    assert Event.objects.get(what=log.EXPORTED).figures == {"sha256": hashlib.sha256(b"the first half").hexdigest(), "size": 14, "whole": False}


def test_the_page_finds_by_person_deed_subject_text_and_day(rikke, people):
    for who in (people.sofie, people.anders):
        who.job_title = f"Ny stilling {who.username} 100%"
        who.save()
    log.note(people.karen, log.EXPORTED, "afstemning.csv", {"rows": 7})
    assert words(rikke.get(LOG)).count("Ny stilling") == 2
    assert "afstemning.csv" in words(rikke.get(LOG, {"hvem": "karen"}))
    assert "Ny stilling" not in words(rikke.get(LOG, {"hvem": "karen"}))
    assert words(rikke.get(LOG, {"hvad": "adgang", "om": "sofie"})).count("Ny stilling") == 1
    assert words(rikke.get(LOG, {"tekst": "anders 100%"})).count("Ny stilling") == 1
    assert "Ingen hændelser svarer til det valgte" in words(rikke.get(LOG, {"tekst": "anders_100"}))
    assert "Ingen hændelser svarer til det valgte" in words(rikke.get(LOG, {"til_dag": "01.01.2020"}))
    wrong = rikke.get(LOG, {"fra_dag": "32.01.2020", "hvem": "ukendt"})
    assert "Skriv en dag, der findes" in words(wrong)


def test_pages_are_turned_without_losing_or_repeating_a_row_also_when_many_share_a_moment(rikke, people, application):
    for number in range(120):
        log.note(people.karen, log.EXPORTED, f"fil {number}")
    sought = Sought()
    forwards, place = [], None
    while found := search.rows(sought, before=place, count=50):
        forwards += found
        place = found[-1].place
    assert len(forwards) == len({str(row.place) for row in forwards}) == len(search.rows(sought, count=10_000))
    backwards, place = [], forwards[-1].place
    while found := search.rows(sought, after=place, count=50):
        backwards += found
        place = found[-1].place
    assert [row.place for row in backwards[::-1]] == [row.place for row in forwards[:-1]]
    page = rikke.get(LOG)
    older = rikke.get(f"{LOG}?foer={page.context['page'].older}")
    assert older.context["page"].newer is not None
    assert [shown.row.place for shown in rikke.get(f"{LOG}?efter={older.context['page'].newer}").context["page"].rows] == [
        shown.row.place for shown in page.context["page"].rows
    ]


@pytest.mark.parametrize("place", ["x", "1-2", "-1-0-0", "9" * 30, "999999999999999999-0-1", "1-2-3 OR 1=1", "١-٢-٣"])
def test_a_place_that_is_none_is_not_found(rikke, place):
    assert rikke.get(LOG, {"foer": place}).status_code == 404
    assert rikke.get("/revision/hent/log.csv", {"til": place}).status_code == 404


def test_the_log_is_taken_out_as_a_file_and_that_stands_in_the_log(rikke, people):
    people.sofie.job_title = '=HYPERLINK("http://x";"y")'
    people.sofie.save()
    newest = rikke.get(LOG).context["newest"]
    content = b"".join(rikke.get("/revision/hent/log.csv", {"til": str(newest)}).streaming_content)
    lines = content.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("Tidspunkt (dansk tid);Tidspunkt (UTC);Hvem;")
    assert """;'=HYPERLINK(""" in content.decode() or """"'=HYPERLINK(""" in content.decode()
    assert f"haendelseslog-{newest}.csv" in words(rikke.get(LOG))
    again = b"".join(rikke.get("/revision/hent/log.csv", {"til": str(newest)}).streaming_content)
    assert again == content
    assert rikke.get("/revision/hent/log.csv").status_code == 200
    assert rikke.get("/revision/hent/log.csv", {"hvem": "ingen"}).status_code == 404


def test_the_log_is_taken_out_as_a_spreadsheet_too_with_the_same_lines(rikke, people, monkeypatch):
    people.sofie.job_title = "=1+1"
    people.sofie.save()
    asked = {"om": "sofie", "til": str(rikke.get(LOG).context["newest"])}
    in_csv = list(csv.reader(io.StringIO(b"".join(rikke.get("/revision/hent/log.csv", asked).streaming_content).decode("utf-8-sig")), delimiter=";"))
    book = openpyxl.load_workbook(io.BytesIO(b"".join(rikke.get("/revision/hent/log.xlsx", asked).streaming_content)))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert [[sheets.in_csv(value) for value in row] for row in rows] == in_csv
    assert any("=1+1" in row for row in rows)
    assert {cell.data_type for row in book.worksheets[0].iter_rows(min_row=2) for cell in row if cell.value == "=1+1"} == {"s"}
    assert ("Om", "sofie") in list(book["Om udtrækket"].iter_rows(max_col=2, values_only=True))
    assert Event.objects.filter(what=log.EXPORTED, about__endswith=".xlsx").count() == 1

    monkeypatch.setattr(sheets, "MOST_ROWS", len(rows) - 2)
    answer = rikke.get("/revision/hent/log.xlsx", asked, follow=True)
    assert f"Et regneark kan højst rumme {len(rows) - 2} rækker" in words(answer)
    assert 'value="sofie"' in answer.text, "what was sought is kept"


def test_the_page_costs_the_same_however_much_there_is(rikke, people):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert rikke.get(LOG, {"tekst": "fil"}).status_code == 200
        return len(asked)

    cost()  # the first visit looks up more
    few = cost()
    for number in range(150):
        log.note(people.karen, log.EXPORTED, f"fil {number}")
    assert cost() == few


def test_only_whoever_reads_the_books_opens_the_log(client, people):
    for who, status in {"rikke": 200, "karen": 200, "mette": 200, "adam": 403, "maria": 403}.items():
        client.force_login(people.by_name[who])
        assert client.get(LOG).status_code == status, who


def test_a_place_is_read_as_it_was_written():
    place = Place.read("1700000000123456-3-42")
    assert str(place) == "1700000000123456-3-42"
    assert place.moment.microsecond == 123456


def test_the_command_that_writes_the_journal_to_a_file_is_noted_too(db, tmp_path):
    call_command("export_journal", output=tmp_path / "journal.csv", stdout=io.StringIO())
    noted = Event.objects.get(what=log.EXPORTED)
    assert noted.by is None
    assert noted.figures["sha256"] == hashlib.sha256((tmp_path / "journal.csv").read_bytes()).hexdigest()


@pytest.mark.parametrize("size", ["desk", "phone"])
def test_the_page_is_read_at_a_desk_and_on_a_telephone(visit, people, size):
    people.sofie.job_title = "Fuldmægtig"
    people.sofie.save()
    log.note(people.karen, log.EXPORTED, "posteringsliste-nr-42.csv", {"sha256": "0" * 64, "size": 1234, "whole": True})
    rikke = visit("rikke", size=size)
    rikke.click("Hændelseslog")
    assert "Fuldmægtig" in rikke.text()
    rikke.page.get_by_label("Om", exact=True).fill("sofie")
    rikke.page.get_by_role("button", name="Søg").click()
    rikke.look()
    assert "posteringsliste-nr-42.csv" not in rikke.text()
    with rikke.page.expect_download() as download:
        rikke.page.get_by_role("link", name="CSV").click()
    assert "Fuldmægtig" in download.value.path().read_text(encoding="utf-8-sig")
    rikke.go("/revision/log/?fra_dag=32.1.2023")
