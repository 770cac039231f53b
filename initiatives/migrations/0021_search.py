"""A voucher is found by the words of its name, and the newest first, at any number of them."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models
from django.db.models import F, Func


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0020_rebooking"), ("ledger", "0006_search")]
    operations = [
        migrations.AddIndex("voucher", models.Index(fields=["-kept_at", "-sha256"], name="voucher_newest_first")),
        migrations.AddIndex("voucher", GinIndex(Func(F("name"), function="ledger_words"), name="voucher_words", fastupdate=False)),
    ]
