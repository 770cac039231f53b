"""A key of the API: made by the operator, shown once, kept as its digest, ended by the operator."""

import hashlib

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from ensomhed.models import ApiKey, User


def asked_with(key: str) -> int:
    return Client(headers={"Authorization": f"Token {key}"}).get("/api/v1/earmarks/").status_code


def test_it_is_shown_once_and_only_its_digest_is_kept(people, capsys):
    call_command("api_key", "maria")
    key = capsys.readouterr().out.strip()
    kept = ApiKey.objects.get()
    assert (len(key), kept.user) == (64, people.maria)
    assert kept.digest == hashlib.sha256(key.encode()).hexdigest() != key
    assert asked_with(key) == 200
    assert asked_with(kept.digest) == 401  # what lies in the table opens nothing


def test_revoked_it_opens_nothing(people, capsys):
    keys = [ApiKey.make(people.maria) for _ in range(2)]
    call_command("api_key", "maria", "--revoke")
    assert capsys.readouterr().out == "2 ended.\n"
    assert [asked_with(key) for key in keys] == [401, 401]


def test_whoever_cannot_log_in_has_none(people):
    key = ApiKey.make(people.maria)
    User.objects.filter(pk=people.maria.pk).update(is_active=False)
    assert asked_with(key) == 401
    with pytest.raises(CommandError, match="Nobody called maria can log in"):
        call_command("api_key", "maria")


@pytest.mark.parametrize("key", ["", "x", "æ", "a" * 5000, "a b"])
def test_what_is_no_key_is_refused(people, key):
    assert asked_with(key.encode().decode("latin-1")) == 401
