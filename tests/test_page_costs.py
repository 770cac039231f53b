"""Every page of the administration asks PostgreSQL at most twenty questions. The pages are found, not named."""

import uuid
from datetime import date

import pytest
from django.urls import get_resolver

from initiatives import bench_pages, demo, payments
from ledger.refusals import LedgerError
from tests.accounts import kr


def test_no_page_asks_more_than_twenty_questions(committed, people, lift, voucher):
    """On the demo's story; `manage.py bench pages` counts the same at 100,000 transfers."""
    demo.play_story(people.by_name)
    with pytest.raises(LedgerError):
        payments.register_disbursement(people.sofie, lift, amount=kr("999999999"), value_date=date(2025, 12, 1), voucher=voucher, key=uuid.uuid4())
    clients, opened, most = bench_pages.visitors(people.by_name), set(), {}
    for route, address in bench_pages.addresses().items():
        for name, client in clients.items():
            status, asked, _ = bench_pages.visit(client, address)
            if status == 200:
                opened.add(route)
                if len(asked) > bench_pages.WANTED_QUERIES:
                    most[route, name] = len(asked)
    assert most == {}
    assert set(bench_pages.routes(get_resolver())) - opened == set(), (
        "pages that nobody in the story opens are not counted: give `addresses` something to show on them"
    )
