"""Sending mail where nobody said how."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class NotSetUp(BaseEmailBackend):
    """Refuses to send, so that nothing counts as sent that did not leave."""

    WHY = "EMAIL_URL is not set: there is no mail server to send by."

    def open(self) -> bool:
        raise ConnectionError(self.WHY)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise ConnectionError(self.WHY)
