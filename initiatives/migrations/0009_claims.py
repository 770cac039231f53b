"""Expected repayments."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0008_deadlines")]
    operations = []
