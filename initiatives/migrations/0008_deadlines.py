"""Deadlines and the stop of payments."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0007_receiving")]
    operations = []
