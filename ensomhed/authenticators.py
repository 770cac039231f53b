"""What a person has beside the password: an app that shows codes, passkeys, and recovery codes for the day when both are gone. Kept and checked by allauth.mfa."""

import base64
import hashlib
import json
from typing import Any

import qrcode
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as codes
from allauth.mfa.webauthn.internal import auth as passkeys
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.encoding import force_bytes

from ensomhed.models import User

APP, PASSKEY, RECOVERY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
NAMES = {APP: "Kode fra en app", PASSKEY: "Adgangsnøgle", RECOVERY: "Nødkode"}
LONGEST_NAME = 60


class Adapter(DefaultMFAAdapter):
    """Secrets lie encrypted with the installation's SECRET_KEY: whoever reads the table cannot make the codes."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises InvalidToken when SECRET_KEY was changed and the old one is not in SECRET_KEY_FALLBACKS."""
        return _cipher().decrypt(encrypted_text.encode()).decode()

    def get_totp_label(self, user: Any) -> str:
        return user.get_username()

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": str(user.pk).encode(), "display_name": str(user), "name": user.get_username()}

    def _get_site_name(self) -> str:
        return settings.MFA_TOTP_ISSUER


def _cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"ensomhed.authenticators" + force_bytes(key)).digest())) for key in keys])


def of(user: User) -> QuerySet[Authenticator]:
    """The person's second steps, without the recovery codes."""
    return Authenticator.objects.filter(user=user, type__in=[APP, PASSKEY]).order_by("pk")


def accepted(user: User, *, code: str = "", credential: str = "") -> Authenticator | None:
    """The authenticator that this code or this passkey's answer comes from; None when there is none. A code counts once."""
    if credential:
        return _by_passkey(user, credential)
    for authenticator in Authenticator.objects.filter(user=user, type__in=[APP, RECOVERY]):
        holds = _by_app if authenticator.type == APP else _by_recovery_code
        if holds(authenticator, code):
            authenticator.record_usage()
            return authenticator
    return None


def _by_app(authenticator: Authenticator, code: str) -> bool:
    """Whether it is the code of this half minute or of its neighbours, and newer than any code used before."""
    with transaction.atomic():
        kept = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
        try:
            secret = Adapter().decrypt(kept.data["secret"])
        except InvalidToken:
            return False
        for counter in codes.yield_hotp_counters_from_time():
            if counter > kept.data.get("counter", 0) and compare_user_code(actual=code, expected=codes.format_hotp_value(codes.hotp_value(secret, counter))):
                kept.data["counter"] = counter
                kept.save(update_fields=["data"])
                return True
    return False


def _by_recovery_code(authenticator: Authenticator, code: str) -> bool:
    try:
        return RecoveryCodes(authenticator).validate_code(code)
    except InvalidToken:
        return False


def _by_passkey(user: User, credential: str) -> Authenticator | None:
    try:
        answer = _object(credential)
        passkeys.parse_authentication_response(answer)
        authenticator = passkeys.complete_authentication(user, answer)
    except (ValidationError, ValueError, TypeError, KeyError):
        return None
    authenticator.record_usage()
    return authenticator


def _object(credential: str) -> dict[str, Any]:
    answer = json.loads(credential)
    if not isinstance(answer, dict):
        raise ValueError("A passkey answers with an object.")
    return answer


def question_for_passkey(user: User) -> dict[str, Any] | None:
    """What the browser asks a passkey; None when the person has none."""
    return passkeys.begin_authentication(user) if of(user).filter(type=PASSKEY).exists() else None


def question_for_new_passkey(user: User) -> dict[str, Any]:
    return passkeys.begin_registration(user, passwordless=False)


def add_passkey(user: User, name: str, credential: str) -> Authenticator | None:
    """Keeps a new passkey; None when the browser's answer does not fit what it was asked."""
    try:
        answer = _object(credential)
        passkeys.parse_registration_response(answer)
        passkeys.complete_registration(answer)
    except (ValidationError, ValueError, TypeError, KeyError):
        return None
    return passkeys.WebAuthn.add(user, name[:LONGEST_NAME] or NAMES[PASSKEY], answer).instance


def new_secret() -> str:
    return codes.generate_totp_secret()


def add_app(user: User, secret: str, code: str) -> Authenticator | None:
    """Keeps the app that shows this code now; None when the code is another, or there is an app already."""
    if of(user).filter(type=APP).exists() or not codes.validate_totp_code(secret, code):
        return None
    return codes.TOTP.activate(user, secret).instance


def qr(user: User, secret: str) -> tuple[int, str]:
    """The picture that an app reads the secret from: its side, and its dark squares as the path of an SVG."""
    code = qrcode.QRCode(border=4)
    code.add_data(Adapter().build_totp_url(user, secret))
    code.make()
    rows = code.get_matrix()
    return len(rows), "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)


def make_recovery_codes(user: User) -> list[str]:
    """Ten new codes; the old ones do not work any more."""
    with transaction.atomic():
        Authenticator.objects.filter(user=user, type=RECOVERY).delete()
        return RecoveryCodes.activate(user).generate_codes()


def recovery_codes_left(user: User) -> int:
    kept = Authenticator.objects.filter(user=user, type=RECOVERY).first()
    return len(RecoveryCodes(kept).get_unused_codes()) if kept else 0


def remove(user: User, number: int) -> bool:
    """Takes one of the person's authenticators away; recovery codes go with the last one. Answers whether there was one."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        gone, _ = of(user).filter(pk=number).delete()
        if not of(user).exists():
            Authenticator.objects.filter(user=user).delete()
    return bool(gone)
