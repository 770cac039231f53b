"""The audit log of what can be changed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0013_access")]
    operations = []
