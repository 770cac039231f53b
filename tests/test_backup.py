"""A backup that was never restored is none: the books come back whole, with every rule, and prove it."""

import os
import subprocess
import uuid
from datetime import date

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from djmoney.money import Money

from ensomhed import embedded, roles
from initiatives import payments
from ledger.models import Account
from ledger.refusals import LimitExceeded


def test_a_backup_restores_the_books_and_their_rules(committed, people, lift, voucher, tmp_path):
    pending = payments.register_disbursement(people.sofie, lift, amount=Money("500000", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    payments.approve(people.anders, pending, key=uuid.uuid4())
    heads = dict(Account.objects.values_list("code", "head"))
    cluster, dump = committed.cluster, str(tmp_path / "backup")
    environment = {**os.environ, "PGPASSWORD": cluster.password(roles.ADMIN)}
    connect = ["-h", cluster.socket(), "-U", roles.ADMIN, "-d", committed.name]
    subprocess.run([embedded.binaries() / "pg_dump", *connect, "-Fc", "-f", dump], env=environment, check=True)

    connections.close_all()
    embedded.drop_database(cluster, committed.name)
    with psycopg.connect(**cluster.address(roles.ADMIN, "postgres"), autocommit=True) as connection:
        roles.create_database(connection, committed.name)
    subprocess.run([embedded.binaries() / "pg_restore", *connect, "--exit-on-error", dump], env=environment, check=True)

    call_command("audit_ledger")
    assert dict(Account.objects.values_list("code", "head")) == heads
    with pytest.raises(LimitExceeded):
        payments.register_disbursement(people.sofie, lift, amount=Money("3300000.01", "DKK"), value_date=date(2023, 4, 1), voucher=voucher, key=uuid.uuid4())
    with committed.connect() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE ledger_account SET credits_posted = 1e9")
