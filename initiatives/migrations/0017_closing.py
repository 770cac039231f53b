from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0016_years"), ("ledger", "0005_held")]
    operations = []
