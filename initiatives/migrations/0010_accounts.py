"""Accounts from grantees."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0009_claims")]
    operations = []
