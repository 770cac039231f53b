"""The control sum in a mail is an outside witness: as long as the mail exists, nothing booked up to it can be changed unseen."""

import uuid
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from djmoney.money import Money

from initiatives import payments
from initiatives.models import Notice
from ledger import witness
from ledger.models import Account
from tests.rebuilt import rebuild, superuser

DAY = date(2023, 4, 3)


@pytest.fixture
def notices(people, lift, voucher) -> list[Notice]:
    """Two payments to Mary Fonden, as they were told."""
    for amount in ("500000", "250000"):
        pending = payments.register_disbursement(people.sofie, lift, amount=Money(amount, "DKK"), value_date=DAY, voucher=voucher, key=uuid.uuid4())
        payments.approve(people.anders, pending, key=uuid.uuid4())
    return list(lift.grantee.notices.filter(what="paid").order_by("pk"))


def asked(notice: Notice) -> witness.Answer:
    return witness.ask(Account.objects.select_related("parent").get(code=notice.account), notice.entry_no, notice.head)


def test_what_a_mail_says_still_holds_after_more_was_booked(notices):
    for notice in notices:
        answer = asked(notice)
        assert (answer.holds, answer.found, answer.transfer) == (True, notice.head, notice.transfer)


def test_another_sum_and_an_entry_that_is_not_there_do_not_hold(notices):
    account = Account.objects.get(code=notices[0].account)
    assert not witness.ask(account, notices[0].entry_no, notices[1].head).holds
    missing = witness.ask(account, account.entry_count + 1, notices[1].head)
    assert (missing.holds, missing.found) == (False, "")


def test_an_account_without_entries_has_the_sum_that_it_was_opened_with(lift):
    empty = lift.written_off_account
    assert witness.ask(empty, 0, empty.head).holds
    assert not witness.ask(empty, 0, "0" * 64).holds


def test_an_entry_changed_behind_every_guard_is_named(committed, notices):
    with superuser(committed) as books:
        books.execute("UPDATE ledger_transfer SET amount = 400000 WHERE id = %s", [notices[0].transfer_id])
    answer = asked(notices[1])
    assert (answer.holds, answer.broken) == (False, notices[0].entry_no)
    with pytest.raises(CommandError):
        call_command("audit_ledger")


def test_books_rebuilt_whole_around_a_smaller_amount_are_given_away_by_the_mail_alone(committed, notices):
    rows = [notices[0].transfer_id, notices[0].transfer.pending_id]
    with superuser(committed) as books:
        books.execute("UPDATE ledger_transfer SET amount = 400000 WHERE id = ANY(%s)", [rows])
        rebuild(books)
    call_command("audit_ledger")  # the books alone agree with themselves
    assert not asked(notices[0]).holds
    with pytest.raises(CommandError):
        call_command("audit_ledger", head=[notices[0].account, str(notices[0].entry_no), notices[0].head])


def test_the_audit_takes_a_sum_from_a_mail(notices, capsys):
    call_command("audit_ledger", head=[notices[0].account, str(notices[0].entry_no), notices[0].head])
    assert "Kontrolsummen står der endnu" in capsys.readouterr().out
    for wrong in ([notices[0].account, "nej", notices[0].head], [notices[0].account, "1", "kort"]):
        with pytest.raises(CommandError, match="--head"):
            call_command("audit_ledger", head=wrong)


def test_the_grantee_tries_it_on_a_page_and_sees_only_its_own_accounts(visit, people, notices):
    maria = visit("maria", size="phone")
    maria.go(notices[0].get_absolute_url())
    maria.click("Prøv den mod bøgerne")
    assert "Det passer." in maria.text()
    maria.page.get_by_label("Post nr.").fill("99")
    maria.page.get_by_role("button", name="Prøv kontrolsummen").click()
    maria.look()
    assert "Kontoen har ingen post 99" in maria.text()
    maria.page.get_by_label("Konto", exact=True).fill("grantee:faellesskabsguides-roede-kors")
    maria.page.get_by_label("Kontrolsum").fill("Æ")
    maria.page.get_by_role("button", name="Prøv kontrolsummen").click()
    maria.look()
    assert "Den konto findes ikke blandt dem, du kan se." in maria.text()
    assert "En kontrolsum er 64 tegn" in maria.text()
    rikke = visit("rikke")
    rikke.click("Prøv en kontrolsum")
    rikke.go(f"/kontrolsum/?konto={notices[1].account}&post={notices[1].entry_no}&sum={notices[1].head[::-1]}")
    assert "Det passer ikke." in rikke.text()


@pytest.mark.parametrize("query", ["konto=&post=-1&sum=", "konto=x&post=99999999999999999999&sum=x", "post=1e5", "konto[]=1"])
def test_nonsense_is_told_to_be_that(client, people, query):
    client.force_login(people.rikke)
    assert client.get(f"/kontrolsum/?{query}").status_code == 200
