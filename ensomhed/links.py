"""The one-time link by which people choose their own password: nobody sets anybody else's."""

import smtplib
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from ensomhed.models import User
from ensomhed.templatetags.danish import tidspunkt

CHOOSE = """\
Hej {name}

Vælg din adgangskode til Midler mod ensomhed her:

{link}

Dit brugernavn er {username}. Linket virker én gang, indtil {until}. Du bliver aldrig bedt om at give adgangskoden til andre.

Har du ikke ventet denne mail, så lad være med at følge linket, og sig det til din kontakt i ministeriet.
"""
MOVED = """\
Hej {name}

Din e-mailadresse i Midler mod ensomhed er ændret af {by}. Mails kommer ikke længere til denne adresse.

Er det ikke aftalt med dig, så sig det med det samme til din kontakt i ministeriet.
"""


class NotSent(Exception):
    """The mail did not leave."""


def send(request: HttpRequest, person: User) -> None:
    """Mails the person a link to choose a password by. It works once, and for four hours; a password or an address that changes ends it. Raises NotSent."""
    address = reverse("choose_password", args=[urlsafe_base64_encode(force_bytes(person.pk)), default_token_generator.make_token(person)])
    words = {
        "name": person,
        "username": person.get_username(),
        "link": request.build_absolute_uri(address),
        "until": tidspunkt(timezone.now() + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)),
    }
    _mail("Vælg din adgangskode", CHOOSE.format(**words), person.email)


def tell_old_address(by: User, person: User, address: str) -> None:
    """Tells the address that a person had that it is another's now. Raises NotSent."""
    _mail("Din e-mailadresse er ændret", MOVED.format(name=person, by=by), address)


def _mail(subject: str, body: str, address: str) -> None:
    try:
        send_mail(subject, body, None, [address])
    except (smtplib.SMTPException, OSError) as trouble:
        raise NotSent(str(trouble)) from trouble
