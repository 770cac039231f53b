"""What `manage.py bench pages` stands on: the demo with its story, and beside it a frame with as many grantees and transfers as are asked for."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, connections

from ensomhed.models import User
from initiatives import demo
from initiatives.control import proposals
from initiatives.deadlines.demo import accept_terms
from initiatives.models import Grantee, PaymentLine, Voucher
from initiatives.paying import files, statements
from initiatives.paying.story import listed
from initiatives.receiving import details
from initiatives.story import Story
from ledger.models import Transfer

Say = Callable[[str], object]
OPENS, CLOSES = date(2025, 10, 1), date(2025, 12, 31)  # after the story's last report fell due: nothing stops a payment
PAID_TO = date(2025, 10, 31)
WAITING = 200  # registrations that nobody has approved yet
DAYS = (PAID_TO - OPENS).days + 1
A_WEEK = 7
AT_ONCE = 500
# Every payment in its two steps: registered by the one, approved by the other, spread over the grantees and over the days.
PAY = """
    SELECT count(posted.id) FROM generate_series(%(begin)s::int, %(end)s - 1) AS number
    CROSS JOIN LATERAL ledger_book(gen_random_uuid(), 'pending', %(registrar)s, 'disbursement', 'earmark:proeve-' || number %% %(grantees)s,
        'grantee:proeve-' || number %% %(grantees)s, 1000 + number %% 977, date '2025-10-01' + number / %(grantees)s %% %(days)s,
        p_text => 'Rate ' || number / %(grantees)s || ' til forening ' || number %% %(grantees)s, p_case_number => '2025-' || 10000 + number %% %(grantees)s,
        p_voucher_sha256 => %(voucher)s) AS pending
    LEFT JOIN LATERAL ledger_book(gen_random_uuid(), 'post', %(approver)s, p_pending => pending.id) AS posted ON %(approved)s
"""


def lay(grantees: int, transfers: int, say: Say) -> dict[str, User]:
    """The demo's people, allocation and story; then grantees until there are so many in all, and payments until there are so many transfers. Answers with the people."""
    people = demo.create_people()
    demo.load_allocation(people)
    Story(people).play()
    more = grantees - Grantee.objects.count()
    say(f"  {more:,} grantees beside the demo's")
    path = settings.VAR_DIR / "proeve.toml"
    path.write_text(_allocation(more), encoding="utf-8")
    demo.decide(people, path)
    _details(people)
    accept_terms(people)
    steps = transfers - Transfer.objects.count() - WAITING
    say(f"  {steps:,} transfers beside the demo's")
    _pay(people, more, steps // 2)
    return people


def _allocation(grantees: int) -> str:
    """An agreement of one frame and this many equal grants, in the notation of fixtures/allocation.toml."""
    head = f"""
[agreement]
slug = "proeve"
name = "Prøve"
name_en = "Trial"
stated_sum = "{grantees}000000.00"
source = "Prøve"

[[frame]]
slug = "proeve"
name = "Prøveramme"
name_en = "Trial"
amount = "{grantees}000000.00"
starts = {OPENS}
ends = {CLOSES}
source = "Prøve"

[[initiative]]
slug = "proeve"
frame = "proeve"
name = "Lokale fællesskaber"
name_en = "Local communities"
purpose = "Prøve"
purpose_en = "Trial"
"""
    grantee = '[[grantee]]\nslug = "proeve-{0}"\nname = "Forening {0}"\n'
    earmark = (
        '[[earmark]]\nslug = "proeve-{0}"\ninitiative = "proeve"\ngrantee = "proeve-{0}"\namount = "1000000.00"\n'
        'award = "direct_grant"\ncondition = ""\ncondition_en = ""\nsource = "Prøve"\n'
    )
    return head + "".join(form.format(number) for form in (grantee, earmark) for number in range(grantees))


def _details(people: dict[str, User]) -> None:
    document = Voucher.objects.defer("content").latest("kept_at")
    for number, grantee in enumerate(Grantee.objects.filter(slug__startswith="proeve-")):
        account = {"method": details.Method.ACCOUNT, "registration_number": "9999", "account_number": f"{number + 10**9}"}
        proposal = details.propose(people["nina"], grantee, effective_from=OPENS, reason="Prøve", voucher=document, key=uuid.uuid4(), **account)
        proposals.verify(people["karen"], proposal, how="Prøve")
        proposals.approve(people["lars"], proposal, key=uuid.uuid4())


def _pay(people: dict[str, User], grantees: int, payments: int) -> None:
    """Pays; a file leaves for every week, and its list of what was paid is taken; the last registrations wait."""
    given: dict[str, Any] = {
        "grantees": grantees,
        "days": DAYS,
        "registrar": people["sofie"].pk,
        "approver": people["anders"].pk,
        "voucher": Voucher.objects.latest("kept_at").pk,
    }
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
        for begin in range(0, payments, AT_ONCE):
            cursor.execute(PAY, {**given, "begin": begin, "end": min(begin + AT_ONCE, payments), "approved": True})
        cursor.execute(PAY, {**given, "begin": payments, "end": payments + WAITING, "approved": False})
        cursor.execute("RESET synchronous_commit")
    for first in range(0, DAYS, A_WEEK):
        first_day, last_day = OPENS + timedelta(first), min(OPENS + timedelta(first + A_WEEK - 1), PAID_TO)
        files.release(people["pia"], key=uuid.uuid4(), up_to=last_day)
        sent = PaymentLine.objects.filter(transfer__debit_account__code__startswith="earmark:proeve-", transfer__value_date__range=(first_day, last_day))
        statements.take(people["karen"], content=listed(sent), name=f"proeve-{first}.csv", first_day=first_day, last_day=last_day, key=uuid.uuid4())
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
    connections["owner"].close()
