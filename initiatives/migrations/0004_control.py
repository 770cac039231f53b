"""The one mechanism: somebody proposes, another person decides."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0003_roles")]
    operations = []
