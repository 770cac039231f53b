"""Who receives, and where to: payment details, grantees, ties."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0006_vouchers")]
    operations = []
