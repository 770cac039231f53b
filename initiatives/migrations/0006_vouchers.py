"""Vouchers know their type by their content."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0005_rights")]
    operations = []
