"""Asking the API as a person would: by session or by token, with a key of one's own."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from ensomhed.models import ApiKey, User

ROOT = "/api/v1"


@pytest.fixture(autouse=True)
def _unhurried() -> Iterator[None]:
    """Each test begins with the whole allowance of calls."""
    cache.clear()
    yield
    cache.clear()


class Caller:
    """One person at the API. Without `token` the person is logged in on the site."""

    def __init__(self, user: User | None, *, token: bool = False) -> None:
        self.client = Client(headers={"Authorization": f"Token {ApiKey.make(user)}"} if token else {})
        if user and not token:
            self.client.force_login(user)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ROOT + path, query)

    def post(self, path: str, data: Any = None, *, key: uuid.UUID | str | None = None, content_type: str = "application/json", **options: Any) -> Any:
        headers = {"Idempotency-Key": str(key or uuid.uuid4()), **options.pop("headers", {})}
        return self.client.post(ROOT + path, {} if data is None else data, content_type=content_type, headers=headers, **options)

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, page after page."""
        answer, rows = self.get(path, **query), []
        while True:
            assert answer.status_code == 200, answer.json()
            rows += answer.json()["results"]
            if not answer.json()["next"]:
                return rows
            answer = self.client.get(answer.json()["next"])


def registration(voucher: Any = None, /, **other: Any) -> dict[str, Any]:
    """500.000,00 kr. to Mary Fonden."""
    digest = {"voucher_sha256": voucher.sha256} if voucher else {}
    return {"earmark": "lift-mary-fonden", "amount": "500000.00", "value_date": "2023-04-01", "case_number": "2023-1102", "text": "1. rate", **digest, **other}
