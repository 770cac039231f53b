"""What the books have answered stays, also when every process of the server is killed at once; and they go on answering while somebody else starts."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from ensomhed import roles
from tests.installation import Installation, installed

WRITER = """
import uuid
from datetime import date

import django

django.setup()
from djmoney.money import Money

from ensomhed.models import User
from initiatives import payments, vouchers
from initiatives.models import Earmark
from tests import documents

sofie, anders = (User.objects.get(username=name) for name in ("sofie", "anders"))
lift = Earmark.objects.with_accounts().get(slug="lift-mary-fonden")
voucher = vouchers.keep(sofie, documents.pdf("a document"), "bilag.pdf")
while True:
    pending, posted = uuid.uuid4(), uuid.uuid4()
    transfer = payments.register_disbursement(sofie, lift, amount=Money("1.00", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=pending)
    print(pending, flush=True)
    payments.approve(anders, transfer, key=posted)
    print(posted, flush=True)
"""


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    if not Path("/proc/self/stat").exists():
        pytest.skip("finding every process of the server needs /proc")
    with installed() as installation:
        prepared = installation.manage("demo", "--prepare", "--empty")
        assert prepared.returncode == 0, prepared.stderr
        yield installation


def write(installation: Installation) -> subprocess.Popen[str]:
    """A process that registers and approves, and writes down each key once the books have answered."""
    return subprocess.Popen([sys.executable, "-c", WRITER], env=installation.environment, stdout=subprocess.PIPE, text=True)


def read(writer: subprocess.Popen[str], count: int) -> list[str]:
    assert writer.stdout
    lines = [writer.stdout.readline().strip() for _ in range(count)]
    assert all(lines), "it failed before anything was killed"
    return lines


def killed(writer: subprocess.Popen[str]) -> list[str]:
    """What else a writer wrote down before it failed."""
    writer.kill()
    return writer.communicate()[0].split()


def test_killed_between_postings_every_answered_one_is_there(installation):
    writer = write(installation)
    answered = read(writer, 20)
    writer.send_signal(signal.SIGSTOP)
    time.sleep(0.3)  # the server ends what it was asked
    installation.kill_everything()
    answered += killed(writer)
    assert set(answered) <= set(installation.keys())


@pytest.mark.parametrize("moment", [3, 40])
def test_killed_during_postings_every_answered_one_is_there_and_the_chain_is_whole(installation, moment):
    """Two write at once; when the first has its `moment`th answer everything is killed, wherever the second is."""
    writers = [write(installation) for _ in range(2)]
    answered = read(writers[0], moment) + read(writers[1], 1)
    time.sleep(moment / 10_000)  # not always at the very moment of an answer
    installation.kill_everything()
    answered += [key for writer in writers for key in killed(writer)]
    assert len(answered) > moment
    assert set(answered) - set(installation.keys()) == set()
    audit = installation.manage("audit_ledger")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def test_who_starts_takes_nothing_from_those_at_work_not_even_for_a_moment(committed):
    """Every start gives the rights to the schema and to the database anew."""
    with psycopg.connect(**committed.cluster.address(roles.ADMIN, committed.name), autocommit=True) as starting, ThreadPoolExecutor(1) as elsewhere:
        starts = elsewhere.submit(lambda: [roles.secure_schema(starting) for _ in range(200)])
        answers = []
        while not starts.done():
            with committed.connect(autocommit=True) as atwork:
                answers += [atwork.execute("SELECT count(*) FROM ledger_period").fetchone() for _ in range(20)]
        starts.result()
    assert len(answers) > 100
