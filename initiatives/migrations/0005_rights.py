"""Further rights and roles, and the rights held in PostgreSQL."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0004_control")]
    operations = []
