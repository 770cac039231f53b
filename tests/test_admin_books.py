"""The books in the admin: to be read, and nothing else."""

import uuid
from datetime import date

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from djmoney.money import Money

from ensomhed.models import User
from initiatives import claims, payments, rights, vouchers
from initiatives.bulk import registering
from initiatives.models import Case, Earmark, Voucher
from ledger.kinds import Cause
from ledger.models import Account, Period, Refusal, Transfer
from ledger.refusals import LedgerError
from tests import bulk, documents
from tests.test_admin_front import words

TABLES = (
    "ledger_account", "ledger_transfer", "ledger_day", "ledger_period", "ledger_window", "ledger_refusal",
    "initiatives_agreement", "initiatives_frame", "initiatives_earmark", "initiatives_grantee", "initiatives_voucher", "auth_group", "auth_group_permissions",
)  # fmt: skip
READ_ONLY = [model for model in admin.site._registry if model is not User]
WITH_PAGES = [model for model in READ_ONLY if admin.site._registry[model].rows_have_pages]


def everything() -> dict[str, str]:
    """Each table's content, as one digest."""
    with connection.cursor() as cursor:
        answers = {}
        for table in TABLES:
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            answers[table] = cursor.fetchone()[0]
        return answers


def pay(people, earmark, voucher, amount="500000"):
    pending = payments.register_disbursement(
        people.sofie,
        earmark,
        amount=Money(amount, "DKK"),
        value_date=date(2023, 4, 1),
        voucher=voucher,
        key=uuid.uuid4(),
        text="1. rate",
        case_number="2023-1102",
    )
    return payments.approve(people.anders, pending, key=uuid.uuid4())


@pytest.fixture
def everybody_may_everything(committed, appoint, people):
    """Sofie with every role there is, every single right, and superuser on top."""
    appoint(people.sofie)
    User.objects.filter(pk=people.sofie.pk).update(is_superuser=True)
    assert Permission.objects.exists()
    return people.sofie


@pytest.fixture
def a_row_of_each(people, lift, voucher) -> None:
    """Every register has something to show."""
    pay(people, lift, voucher)
    Refusal.objects.create(asked_by=people.sofie, rule="x", message="y")
    registering.register(people.sofie, content=bulk.xlsx(bulk.row(amount=100)), name="april.xlsx", vouchers={"faktura.pdf": voucher}, key=uuid.uuid4())
    claims.expect(
        people.sofie, lift, amount=Money("100", "DKK"), cause=Cause.UNSPENT, due=date(2023, 7, 1), raised_on=date(2023, 6, 1), text="Rest", key=uuid.uuid4()
    )


def test_no_address_near_the_books_adds_changes_or_deletes(client, people, a_row_of_each, everybody_may_everything):
    client.force_login(everybody_may_everything)
    before = everything()
    assert (len(READ_ONLY), len(WITH_PAGES)) == (16, 12)
    for model in READ_ONLY:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = model._default_manager.order_by("pk").values_list("pk", flat=True).first()
        attempts = {
            base: {"action": "delete_selected", "_selected_action": [row], "post": "yes", "index": "0"},
            f"{base}add/": {"_save": "1", "code": "x", "amount_0": "1"},
            f"{base}{row}/change/": {"_save": "1", "code": "x", "amount_0": "1", "closed": "on"},
            f"{base}{row}/delete/": {"post": "yes"},
            f"{base}{row}/history/": {},
            f"{base}{row}/": {"_save": "1"},
        }
        for address, content in attempts.items():
            assert client.post(address, content).status_code in (403, 404, 405), address
            assert client.put(address, content).status_code in (403, 404, 405), address
            assert client.delete(address).status_code in (403, 404, 405), address
        assert client.get(f"{base}add/").status_code == 404
        assert client.get(f"{base}{row}/delete/").status_code == 404
    assert everything() == before


def test_the_lists_offer_no_action_on_many_rows_and_no_way_to_add(client, people, everybody_may_everything):
    client.force_login(everybody_may_everything)
    for model in READ_ONLY:
        content = client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").content.decode()
        assert "action-select" not in content
        assert 'name="action"' not in content
        assert "/add/" not in content


@pytest.mark.parametrize("username", ["sofie", "anders", "mette", "karen"])
def test_every_register_and_every_row_opens_for_staff(client, people, a_row_of_each, username):
    client.force_login(getattr(people, username))
    for model in READ_ONLY:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        row = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
        opens = model is not Case or getattr(people, username).may(rights.READ_CASES)  # objections are not read by those who pay
        assert client.get(base + admin.site._registry[model].list_path).status_code == (200 if opens else 403)
        if model in WITH_PAGES:
            assert client.get(f"{base}{row}/change/").status_code == 200
            assert client.get(f"{base}findes-ikke/change/").status_code == 404


def test_transfers_are_found_by_number_text_case_number_account_kind_and_year(client, people, lift, voucher):
    posted = pay(people, lift, voucher)
    client.force_login(people.sofie)

    def found(query: str) -> set[int]:
        return {row.pk for row in client.get(f"/admin/ledger/transfer/?{query}").context["cl"].result_list}

    both = {posted.pk, posted.pending_id}
    assert found(f"q={posted.pk}") == {posted.pk}
    assert found("q=2023-1102") == both
    assert found("q=1. rate") == both
    assert found("q=grantee:lift") == both
    assert found("kind__exact=disbursement") == both
    assert found("kind__exact=disbursement&trin=moved") == {posted.pk}
    assert found("trin=approved&kind__exact=disbursement") == {posted.pending_id}
    assert found("trin=waiting") == set()
    assert found("kind__exact=disbursement&finansaar=2023") == both
    assert found("finansaar=2024") == set()


def test_a_transfer_links_to_its_registration_its_reversal_and_its_voucher(client, people, lift, voucher):

    posted = pay(people, lift, voucher)
    reversal = payments.reverse(people.sofie, posted, cause=Cause.NEVER_SENT, value_date=date(2023, 6, 1), key=uuid.uuid4())
    undone = payments.approve(people.anders, reversal, key=uuid.uuid4())
    client.force_login(people.sofie)

    def links(transfer) -> str:
        return client.get(f"/admin/ledger/transfer/{transfer.pk}/change/").content.decode()

    def at(pk) -> str:
        return f"/admin/ledger/transfer/{pk}/change/"

    assert at(posted.pending_id) in links(posted)
    assert at(reversal.pk) in links(posted)
    assert f"/bilag/{voucher.pk}/" in links(posted)
    assert at(posted.pk) in links(posted.pending)
    assert at(undone.pk) in links(reversal)
    assert at(posted.pk) in links(undone)


def test_the_account_statement_runs_page_by_page_with_its_balance(client, people, lift, voucher):
    for number in range(30):
        pay(people, lift, voucher, f"{number + 1}.00")
    account = Account.objects.get(pk=lift.account_id)
    client.force_login(people.sofie)
    address = f"/admin/ledger/account/{account.pk}/change/"
    first = client.get(address)
    assert [entry.number for entry, _ in first.context["entries"]] == list(range(62, 12, -1))
    assert first.context["entries"][0][0].balance == account.balance.amount
    second = client.get(f"{address}?before={first.context['older']}")
    assert [entry.number for entry, _ in second.context["entries"]] == list(range(12, 0, -1))
    assert second.context["older"] is None
    assert [entry.number for entry, _ in client.get(f"{address}?before={second.context['newer']}").context["entries"]] == list(range(62, 12, -1))
    assert "3.799.999,00" in words(second)  # after the first krone
    for odd in ("0", "-1", "x", "9" * 40, "²"):
        assert client.get(address, {"before": odd}).status_code == 200


def test_a_voucher_is_handed_out_as_a_file_and_never_shown(client, people):
    sent = documents.eml("<script>alert(1)</script>")
    kept = vouchers.keep(people.sofie, sent, 'a"b\r\nX-Evil: 1 æøå.html')
    client.force_login(people.sofie)
    answer = client.get(f"/bilag/{kept.pk}/")
    assert answer.getvalue() == sent
    assert answer["Content-Type"] == "message/rfc822"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "X-Evil" not in answer
    assert "alert(1)" not in client.get(f"/admin/initiatives/voucher/{kept.pk}/change/").content.decode()
    assert client.get(f"/bilag/{'0' * 64}/").status_code == 404
    client.force_login(people.adam)
    assert client.get(f"/bilag/{kept.pk}/").status_code == 403


def test_a_voucher_that_is_no_longer_what_was_kept_is_not_handed_out(client, committed, people):
    kept = vouchers.keep(people.sofie, documents.pdf("Faktura 17"), "faktura.pdf")
    with committed.connect("postgres", autocommit=True) as superuser:  # only somebody who goes around every rule can do this
        superuser.execute("ALTER TABLE initiatives_voucher DISABLE TRIGGER ALL, DROP CONSTRAINT voucher_digest_is_its_contents")
        superuser.execute("UPDATE initiatives_voucher SET content = %s WHERE sha256 = %s", [documents.pdf("Faktura 71"), kept.pk])
    client.force_login(people.sofie)
    answer = client.get(f"/bilag/{kept.pk}/")
    assert answer.status_code == 500
    assert "passer ikke længere til sin kontrolsum" in words(answer)
    assert b"Faktura 71" not in answer.content


def test_the_controller_closes_periods_in_order_and_nobody_else_does(client, people):
    first, second = "/admin/initiatives/period/2023-01/close/", "/admin/initiatives/period/2023-02/close/"
    client.force_login(people.sofie)
    assert client.post(first).status_code == 403
    client.force_login(people.karen)
    assert client.get(first).status_code == 405
    assert "Perioden 2023-01 er stadig åben. Luk den først." in words(client.post(second, follow=True))
    assert "Luk perioden 2023-01" in words(client.get("/admin/ledger/period/2023-01/change/"))
    assert "Perioden 2023-01 er lukket" in words(client.post(first, follow=True))
    assert Period.objects.get(pk="2023-01").closed_by == people.karen
    assert not Period.objects.filter(closed=True).exclude(pk="2023-01").exists()
    assert "Luk perioden" not in words(client.get("/admin/ledger/period/2023-01/change/"))


def test_an_earmark_shows_its_conditions_its_source_and_its_accounts(client, people, lift):
    client.force_login(people.sofie)
    page = client.get(f"/admin/initiatives/earmark/{lift.pk}/change/")
    said = words(page)
    for part in (
        "Pengene skal gives videre til lokale aktører",
        "Udmøntningsnotitsen, 2. initiativ: 3,8 mio. kr.",
        "Direkte tilskud",
        "Rest at udbetale 3.800.000,00 kr.",
    ):
        assert part in said
    for account in (lift.account, lift.grantee_account, lift.used_account, lift.written_off_account):
        assert f"/admin/ledger/account/{account.pk}/change/" in page.content.decode()


def test_what_was_refused_stays_to_be_read(client, committed, people, lift, voucher):
    with pytest.raises(LedgerError):
        pay(people, lift, voucher, "3800000.01")
    client.force_login(people.karen)
    said = words(client.get("/admin/ledger/refusal/"))
    assert "Der er 3.800.000,00 kr. tilbage, og der blev bedt om 3.800.000,01 kr." in said
    assert "Sofie Lund" in said


def test_the_registers_show_text_as_text(client, people, lift, voucher):
    payments.register_disbursement(
        people.sofie, lift, amount=Money("1", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4(), text="<img src=x onerror=alert(1)>"
    )
    client.force_login(people.sofie)
    transfer = Transfer.objects.latest("pk")
    for address in ("/admin/", "/admin/ledger/transfer/", f"/admin/ledger/transfer/{transfer.pk}/change/", f"/admin/ledger/account/{lift.account_id}/change/"):
        assert "<img src=x" not in client.get(address).content.decode()


def test_every_page_keeps_to_the_content_security_policy(client, people, lift):
    client.force_login(people.sofie)
    assert Earmark.objects.count() == 6
    assert Voucher.objects.exists()
    for address in ("/admin/", "/admin/ledger/transfer/", "/admin/initiatives/payment/register/", "/admin/password_change/"):
        answer = client.get(address)
        content = answer.content.decode()
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        for inline in ("<style", " style=", "onclick=", "<script>", "javascript:"):
            assert inline not in content, (address, inline)
