"""The payment file and its reconciliation."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0010_accounts")]
    operations = []
