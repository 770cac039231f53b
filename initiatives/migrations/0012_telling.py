"""What the system tells, and cases."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0011_paying")]
    operations = []
