"""How long the ministry's pages take on large books, and how many questions each asks: `manage.py bench pages`, on a database of its own."""

import re
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ensomhed.models import User
from initiatives.models import AccountsReport, BankStatement, Batch, Case, Claim, Deadline, Earmark, Grantee, Notice, PaymentFile, Proposal, Receipt, Voucher
from ledger.models import Refusal, Transfer, Window

WANTED_QUERIES = 20
WANTED_MILLISECONDS = 150
VISITS = 5
WHO = ("sofie", "anders", "mette", "karen", "pia", "ida", "nina", "adam")  # whoever of them may open a page opens it; the slowest visit counts
# Files, what only answers a press of a button, and what is not ours.
NO_PAGES = re.compile(
    r"\.(csv|xlsx)$|<kind>|/(fetch|autocomplete|jsi18n|logout|login|r|link|factor|delete)/|take-away|\(\?P|(claim/<number>/match|bankline/<number>/reverse|paymentfile/release|period/<code>/(close|hold))/$|/history/$|<object_id>/$"
)
Say = Callable[[str], object]


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """Every address of the administration that is a page, with names in angle brackets."""
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        elif isinstance(pattern, URLPattern) and route.startswith("admin/"):
            plain = re.sub(r"<\w+:(\w+)>", r"<\1>", route)
            if not NO_PAGES.search(plain):
                yield plain


def addresses() -> dict[str, str]:
    """Each page's address with what has most to show in it. A page that nothing can be shown on is left out."""
    busiest = Earmark.objects.order_by("-account__entry_count").first()
    assert busiest is not None
    payment = Transfer.objects.filter(kind="disbursement", step="post").latest("pk")
    waiting = Transfer.objects.waiting().filter(kind="disbursement").first()
    rows: dict[str, Any] = {
        "account": busiest.account_id,
        "accounts": AccountsReport.objects.waiting().first() or AccountsReport.objects.last(),
        "accountsreport": AccountsReport.objects.last(),
        "bankstatement": BankStatement.objects.last(),
        "batch": Batch.objects.last(),
        "case": Case.objects.last(),
        "claim": Claim.objects.last(),
        "deadline": Deadline.objects.last(),
        "earmark": busiest,
        "grantee": Grantee.objects.last(),
        "notice": Notice.objects.last(),
        "paymentfile": PaymentFile.objects.values_list("number", flat=True).last(),
        "proposal": Proposal.objects.last(),
        "receipt": Receipt.objects.last(),
        "refusal": Refusal.objects.last(),
        "transfer": payment,
        "user": User.objects.get(username="sofie"),
        "access": User.objects.get(username="sofie"),
        "voucher": Voucher.objects.defer("content").filter(pk=payment.voucher_sha256).first(),
        "window": Window.objects.filter(step="pending").last(),
        "period": payment.period,
    }
    found = {}
    for route in routes(get_resolver()):
        kind = route.split("/")[2] if route.count("/") > 2 else ""
        row = rows.get(kind, "")
        number = getattr(row, "pk", row)
        if kind == "payment":
            number = waiting.pk if waiting and route.endswith("settle/") else busiest.pk if "figures" in route else payment.pk
        slug = busiest.initiative.frame.slug if "/settlement/" in route else busiest.slug
        address = route
        for name, value in {"number": number, "object_id": number, "slug": slug, "code": payment.period, "role": 1}.items():
            address = address.replace(f"<{name}>", str(value))
        if "//" not in address and "None" not in address and "<" not in address:
            found[route] = f"/{address}"
    for route, row in {
        "accounts/<number>/disallow/": AccountsReport.objects.filter(decision__approved=True).last(),
        "deadline/<number>/receive/": Deadline.objects.exclude(what=Deadline.What.ACCOUNTS).last(),
        "grantee/<number>/handlers/": Grantee.objects.filter(state_agency=True).first(),
    }.items():
        if row is not None:
            found[f"admin/initiatives/{route}"] = f"/admin/initiatives/{route.replace('<number>', str(row.pk))}"
    passes_on = Earmark.objects.filter(must_pass_on=True).first()
    if passes_on is not None:
        found["admin/initiatives/passing-on/<slug>/"] = f"/admin/initiatives/passing-on/{passes_on.slug}/"
    found["admin/find/"] = "/admin/find/?q=forening+77"
    found["admin/initiatives/payment/reallocate/"] = f"/admin/initiatives/payment/reallocate/?fra={busiest.slug}"
    return found


class Counted:
    """Counts the questions to PostgreSQL while it is in force."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.asked.append(sql)
        return execute(sql, params, many, context)


def visit(client: Client, address: str, visits: int = 1) -> tuple[int, list[str], float]:
    """Opens a page: its status, the questions of the last visit, and the milliseconds that a visit took."""
    taken, counted, status = [], Counted(), 0
    for _ in range(visits):
        counted.asked.clear()
        began = time.perf_counter()
        with connection.execute_wrapper(counted):
            answer = client.get(address)
            status = answer.status_code
            b"".join(answer) if answer.streaming else answer.content
        taken.append(1000 * (time.perf_counter() - began))
    return status, list(counted.asked), median(taken)


def visitors(people: dict[str, User]) -> dict[str, Client]:
    """Everybody of the ministry, logged in."""
    clients = {name: Client(SERVER_NAME="localhost") for name in WHO}
    for name, client in clients.items():
        client.force_login(people[name], backend="ensomhed.login.Backend")
    return clients


def run(people: dict[str, User], say: Say) -> list[str]:
    """Visits every page as everybody who may, and prints the slowest visit to each. Answers with what falls short."""
    short, clients = [], visitors(people)
    say(f"\n  {'page':<62}{'as':<8}{'queries':>8}{'ms':>8}")
    for route, address in addresses().items():
        seen = []
        for name, client in clients.items():
            status, _, _ = visit(client, address)  # the first visit fills caches that a running server has
            if status == 200:
                _, asked, taken = visit(client, address)
                seen.append((taken, len(asked), name))
        if not seen:
            say(f"  {route:<62}nobody opens it")
            continue
        queries, name = max(one[1] for one in seen), max(seen)[2]
        _, _, taken = visit(clients[name], address, VISITS)
        say(f"  {route:<62}{name:<8}{queries:>8}{taken:>8.0f}{_mark(queries, taken)}")
        if queries > WANTED_QUERIES:
            short.append(f"{route}: {queries} queries; {WANTED_QUERIES} are wanted at most.")
        if taken > WANTED_MILLISECONDS:
            short.append(f"{route}: {taken:.0f} ms; less than {WANTED_MILLISECONDS} is wanted.")
    return short


def _mark(queries: int, taken: float) -> str:
    return "   falls short" if queries > WANTED_QUERIES or taken > WANTED_MILLISECONDS else ""
