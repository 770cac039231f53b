"""Reads the environment once and says which values a setting accepts."""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

SWITCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def switch(name: str, *, default: bool) -> bool:
    """A setting that is on or off. Raises ImproperlyConfigured naming the accepted values."""
    text = os.environ.get(name, "").strip().lower()
    if not text:
        return default
    if text not in SWITCH:
        raise ImproperlyConfigured(f"{name} is {text!r}; it takes 1 or 0.")
    return SWITCH[text]


def number(name: str, *, default: int) -> int:
    """A whole number, zero or more. Raises ImproperlyConfigured for anything else."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()):
        raise ImproperlyConfigured(f"{name} is {text!r}; it takes a whole number: 0, 1, 2.")
    return int(text)


def names(name: str, *, default: list[str]) -> list[str]:
    """A comma-separated list."""
    text = os.environ.get(name, "")
    return [part.strip() for part in text.split(",") if part.strip()] or default


def database(url: str, *, variable: str) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name`. Raises ImproperlyConfigured for any other address."""
    example = f"{variable} must read postgresql://user:password@host:5432/database; the ledger knows no other engine."
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError as problem:
        raise ImproperlyConfigured(example) from problem
    if parts.scheme not in ("postgresql", "postgres") or not parts.username or len(parts.path) < 2:
        raise ImproperlyConfigured(example)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": port,
        "OPTIONS": dict(parse_qsl(parts.query)),  # sslmode=verify-full, for instance
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def mail(url: str, sender: str) -> dict[str, Any]:
    """Django's settings for `smtp://user:password@host:587`, `smtps://…:465` or `console:`; without an address, a way of sending that refuses and says so.

    smtp begins encrypted (STARTTLS) unless the address ends with ?starttls=0. Raises ImproperlyConfigured for anything else.
    """
    if url in ("", "console:"):
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend" if url else "ensomhed.mail.NotSetUp"}
    example = "EMAIL_URL must read smtp://user:password@host:587, smtps://user:password@host:465, or console: to write mails to the terminal."
    try:
        parts = urlsplit(url)
        port = parts.port or {"smtp": 587, "smtps": 465}[parts.scheme]
    except (ValueError, KeyError) as problem:
        raise ImproperlyConfigured(example) from problem
    options = dict(parse_qsl(parts.query))
    if not parts.hostname or parts.path not in ("", "/") or options.get("starttls", "1") not in ("0", "1") or options.keys() - {"starttls"}:
        raise ImproperlyConfigured(example)
    if "@" not in sender:
        raise ImproperlyConfigured(
            "EMAIL_FROM is missing; with EMAIL_URL, give the address that mails come from, for instance: EMAIL_FROM=tilskud@ensomhed.example.dk"
        )
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and options.get("starttls", "1") == "1",
        "EMAIL_TIMEOUT": 20,  # seconds
    }


def local_secret(path: Path) -> str:
    """A secret of this checkout alone: made once, whole or not at all, readable by its owner only."""
    try:
        return path.read_text()
    except FileNotFoundError:
        pass
    except OSError as problem:
        raise ImproperlyConfigured(f"Cannot read {path} ({problem.strerror}); set ENSOMHED_VAR to a folder of your own.") from problem
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
                os.link(file.name, path)
    except OSError as problem:
        raise ImproperlyConfigured(f"Cannot write to {path.parent} ({problem.strerror}); set ENSOMHED_VAR to a folder that you may write to.") from problem
    return path.read_text()
