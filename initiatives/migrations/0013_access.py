"""Who may do what, and its review."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0012_telling")]
    operations = []
