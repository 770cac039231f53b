"""`manage.py send_mail` against a real mail server: what waits leaves, what fails waits, nothing leaves twice unless the sender died over it."""

import threading
import uuid
from datetime import date

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from djmoney.money import Money

from ensomhed import environment
from initiatives import payments
from initiatives.models import Delivery, DeliveryAttempt
from initiatives.telling import outbox
from tests import mailserver

MARIA = "maria@mary-fonden.example"


@pytest.fixture
def server(settings):
    """A mail server, and the project told to send by it."""
    with mailserver.running() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", running.port, 5
        settings.DEFAULT_FROM_EMAIL = "tilskud@ministeriet.example"
        yield running


@pytest.fixture
def paid(people, lift, voucher):
    pending = payments.register_disbursement(
        people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 3), voucher=voucher, key=uuid.uuid4(), text="Rate på æblegrød"
    )
    return payments.approve(people.anders, pending, key=uuid.uuid4())


def sent(capsys) -> str:
    call_command("send_mail")
    return capsys.readouterr().out.strip()


def test_a_payment_arrives_with_every_danish_letter_and_how_to_object(server, paid, capsys):
    assert "Ingen venter i udbakken." in sent(capsys)
    mail = server.to(MARIA)[-1]
    notice = paid.notices.get()
    assert str(mail["subject"]) == "Udbetaling på 500.000,00 kr. til Mary Fonden"
    assert (str(mail["to"]), str(mail["from"])) == (f"Maria Skov <{MARIA}>", "tilskud@ministeriet.example")
    body = mail.get_content()
    for words in (
        "Kære Maria Skov",
        "Tekst:                  Rate på æblegrød",
        "Rest at modtage:        3.300.000,00 kr.",
        f"/indsigelser/ny/?besked={notice.pk}",
        f"Kontrolsum:  {paid.digest}",
        "Ingen i ministeriet kan standse den, ændre den eller slette den.",
    ):
        assert words in body, body
    assert mail.get_content_type() == "text/plain"
    assert sent(capsys).startswith("0 beskeder sendt.")


def test_a_name_with_danish_letters_arrives_whole(server, people, capsys):
    people.by_name["åse"].grantees.first().members.add(people.adam)
    sent(capsys)
    assert str(server.to("aase@aeldre-sagen.example")[-1]["to"]) == "Åse Winther <aase@aeldre-sagen.example>"


def test_with_a_dead_server_everything_waits_and_the_command_fails(server, paid, settings):
    with mailserver.running() as gone:
        settings.EMAIL_PORT = gone.port
    waiting = Delivery.objects.waiting().count()
    assert waiting
    with pytest.raises(CommandError, match=rf"Mailserveren kan ikke nås: .* {waiting} venter i udbakken\."):
        call_command("send_mail")
    assert not DeliveryAttempt.objects.exists()
    assert Delivery.objects.waiting().count() == waiting


def test_where_no_server_is_set_up_nothing_counts_as_sent(paid, settings):
    settings.EMAIL_BACKEND = "ensomhed.mail.NotSetUp"
    with pytest.raises(CommandError, match="EMAIL_URL is not set"):
        call_command("send_mail")
    assert not DeliveryAttempt.objects.exists()


def test_an_address_that_is_refused_is_tried_again_later_and_stops_nobody_else(server, people, lift, paid, capsys):
    lift.grantee.members.add(people.adam)
    server.refuses.add(MARIA)
    assert "mislykkedes og prøves igen" in sent(capsys)
    assert server.to("adam@ministeriet.example")
    refused = paid.notices.get().deliveries.with_outcome().get()
    assert (refused.sent_at, refused.tried) == (None, 1)
    assert "no such person" in refused.answer
    server.refuses.clear()
    assert sent(capsys).startswith("0 beskeder sendt."), "within a minute it is not tried again"
    assert refused in Delivery.objects.waiting()


@pytest.mark.parametrize(("tries", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (12, 1440), (60, 1440)])
def test_each_failure_doubles_the_wait_up_to_a_day(owner, tries, minutes):
    notice = owner.pay()["id"]
    delivery = owner.one("SELECT d.id FROM initiatives_delivery d JOIN initiatives_notice n ON n.id = d.notice_id WHERE n.transfer_id = %s", notice)
    for seconds, due in ((minutes * 60 - 5, False), (minutes * 60 + 5, True)):
        with owner.connection.transaction(force_rollback=True):
            owner.run(
                "INSERT INTO initiatives_deliveryattempt (delivery_id, sent, answer, tried_at) SELECT %s, false, 'nej', clock_timestamp() - make_interval(secs => %s)"
                " FROM generate_series(1, %s)",
                delivery, seconds, tries,
            )  # fmt: skip
            assert owner.one("SELECT initiatives_delivery_is_due(%s)", delivery) is due


def test_two_senders_at_once_never_send_the_same(committed, server, paid):
    waiting = Delivery.objects.waiting().count()

    def send():
        outbox.send()
        connections.close_all()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    assert len(server.mails) == waiting
    assert len({mail["message-id"] for _, mail in server.mails}) == waiting
    assert not Delivery.objects.waiting().exists()


def test_a_sender_that_dies_before_it_could_say_so_sends_the_same_mail_again(server, paid, capsys):
    delivery = paid.notices.get().deliveries.get()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT initiatives_take_delivery(%s)", [delivery.pk])
        outbox.message(delivery).send_through(get_connection())
        transaction.set_rollback(True)  # what a killed process leaves behind
    sent(capsys)
    twice = [mail for mail in server.to(MARIA) if f"besked-{delivery.notice_id}-" in mail["message-id"]]
    assert len(twice) == 2
    assert twice[0]["message-id"] == twice[1]["message-id"]


def test_an_address_that_no_mail_can_be_written_to_is_a_failure_and_no_fault(server, people, lift, capsys):
    people.maria.email = "maria\n@mary-fonden.example"
    people.maria.save()
    said = sent(capsys)
    assert "prøves igen" in said
    assert server.to(MARIA), "the address that it replaced is told"


def test_nobody_says_how_a_delivery_went_without_having_taken_it(application):
    paid = application.pay()
    delivery = application.one("SELECT d.id FROM initiatives_delivery d JOIN initiatives_notice n ON n.id = d.notice_id WHERE n.transfer_id = %s", paid["id"])
    with application.refused("delivery_is_taken_before_it_is_tried"):
        application.run("SELECT initiatives_delivery_was_tried(%s, true, '')", delivery)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://post@host.example:2525", {"EMAIL_HOST": "host.example", "EMAIL_PORT": 2525, "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False}),
        ("smtp://host.example", {"EMAIL_PORT": 587, "EMAIL_HOST_USER": "", "EMAIL_USE_TLS": True}),
        ("smtp://10.0.0.1:25?starttls=0", {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False}),
        ("smtps://p%40st:hemm%2Felig@host.example", {"EMAIL_PORT": 465, "EMAIL_HOST_USER": "p@st", "EMAIL_HOST_PASSWORD": "hemm/elig", "EMAIL_USE_SSL": True}),
        ("console:", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
        ("", {"EMAIL_BACKEND": "ensomhed.mail.NotSetUp"}),
    ],
)
def test_the_mail_servers_address_is_read(url, expected):
    assert expected.items() <= environment.mail(url, "tilskud@ministeriet.example").items()


@pytest.mark.parametrize(
    "url", ["localhost:25", "http://host.example", "smtp://", "smtp://host.example:post", "smtp://host.example/inbox", "smtp://host.example?tls=1"]
)
def test_an_address_that_is_no_mail_servers_stops_the_start(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must read"):
        environment.mail(url, "tilskud@ministeriet.example")


def test_a_mail_server_without_a_sender_stops_the_start():
    with pytest.raises(ImproperlyConfigured, match="EMAIL_FROM"):
        environment.mail("smtp://host.example", "")
