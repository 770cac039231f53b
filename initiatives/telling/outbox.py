"""Sending what waits in the outbox. At least once: a sender that dies after the mail left and before it could say so sends it again, under the same Message-ID.

Two senders at once never send the same: whoever takes a delivery holds it until the outcome is written down (migrations/0012_telling.sql).
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formataddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction

from initiatives.models import Delivery, Notice
from initiatives.telling.letters import letter

logger = logging.getLogger("initiatives.telling")


class NoServer(Exception):
    """The mail server cannot be reached; everything waits where it was."""


@dataclass
class Sent:
    """How a round went."""

    sent: int = 0
    failed: int = 0


def send() -> Sent:
    """Tries every delivery that is due. Raises NoServer when the mail server cannot be reached, or goes away on the way."""
    outcome = Sent()
    with _server() as server:
        for number in due():
            told = _deliver(server, number)
            if told is None:  # another sender has it
                continue
            if told:
                outcome.sent += 1
                continue
            outcome.failed += 1
            server.close()  # a connection after an error is not trusted with the next one
            _open(server)
    return outcome


def due() -> list[int]:
    """The deliveries whose turn it is, the oldest first: never tried, or tried without success and waited long enough since (1, 2, 4 … minutes, at most a day)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM initiatives_delivery WHERE address <> '' AND initiatives_delivery_is_due(id) ORDER BY id")
        return [number for (number,) in cursor.fetchall()]


def _deliver(server: BaseEmailBackend, number: int) -> bool | None:
    """Sends one delivery and writes down how it went; None when somebody else has taken it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT initiatives_take_delivery(%s)", [number])
        if not cursor.fetchone()[0]:
            return None
        delivery = Delivery.objects.select_related("person").get(pk=number)
        answer = ""
        try:
            message(delivery).send_through(server)
        except (OSError, ValueError) as trouble:  # smtplib's errors are OSErrors; an address that cannot be written is a ValueError
            answer = f"{type(trouble).__name__}: {trouble}"
            logger.warning("delivery %s to %s: %s", number, delivery.address, answer)
        cursor.execute("SELECT initiatives_delivery_was_tried(%s, %s, %s)", [number, not answer, answer.replace("\0", "")])
        return not answer


class Mail(EmailMessage):
    """One letter to one address."""

    def send_through(self, server: BaseEmailBackend) -> None:
        """Raises OSError or ValueError unless the server took it."""
        if server.send_messages([self]) != 1:
            raise ConnectionError("The mail server did not take the mail.")


def message(delivery: Delivery) -> Mail:
    """The mail of a delivery. The same delivery tried twice is the same mail: a mail program can see that."""
    notice = Notice.objects.told().get(pk=delivery.notice_id)
    told = letter(notice)
    name = str(delivery.person) if delivery.person else ""
    host = urlsplit(settings.SITE_URL).hostname
    return Mail(
        subject=told.subject,
        body=told.text(name),
        to=[formataddr((name, delivery.address))] if name else [delivery.address],
        headers={"Message-ID": f"<besked-{notice.pk}-{delivery.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )


@contextmanager
def _server() -> Iterator[BaseEmailBackend]:
    server = get_connection()
    _open(server)
    try:
        yield server
    finally:
        server.close()


def _open(server: BaseEmailBackend) -> None:
    try:
        server.open()
    except OSError as trouble:
        raise NoServer(str(trouble)) from trouble
