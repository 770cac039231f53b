"""Further rights and roles, and the rights held in PostgreSQL (0005_rights.sql)."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql")
REVERSE = "DROP FUNCTION initiatives_booker_holds_the_right, initiatives_window_decider_holds_the_right, initiatives_closer_holds_the_right CASCADE"
RIGHTS = {
    "propose_details": ("proposal", "Kan foreslå betalingsoplysninger"),
    "verify_details": ("proposal", "Kan kontrollere betalingsoplysninger"),
    "answer_case": ("proposal", "Kan besvare og lukke indsigelser"),
    "review_access": ("proposal", "Kan gennemgå adgange"),
    "view_proposal": ("proposal", "Can view forslag"),
    "check_accounts": ("payment", "Kan kontrollere og godkende tilskudsmodtagernes regnskaber"),
    "release_payments": ("payment", "Kan frigive betalingsfiler"),
    "reconcile_payments": ("payment", "Kan afstemme betalinger"),
}
ADDED = {
    "Stamdata": ["propose_details", "verify_details"],
    "Regnskabskontrol": ["check_accounts"],
    "Udbetaler": ["release_payments"],
    "Controller": ["reconcile_payments", "verify_details", "review_access", "answer_case"],
    "Ledelse": ["review_access", "answer_case"],
}
NEW = ("Stamdata", "Regnskabskontrol", "Udbetaler")
READERS = ("Sagsbehandler", "Godkender", "Ledelse", "Controller", "Revisor", *NEW)


def make(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    rights = {}
    for codename, (model, name) in RIGHTS.items():
        content_type, _ = content_types.get_or_create(app_label="initiatives", model=model)
        rights[codename], _ = permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name})
    reading = list(groups.get(name="Revisor").permissions.all())
    for role in NEW:
        group, _ = groups.get_or_create(name=role)
        group.permissions.set(reading)
    for role, codenames in ADDED.items():
        groups.get(name=role).permissions.add(*[rights[codename] for codename in codenames])
    for role in READERS:
        groups.get(name=role).permissions.add(rights["view_proposal"])


def unmake(apps, schema_editor):
    alias = schema_editor.connection.alias
    apps.get_model("auth", "Group").objects.using(alias).filter(name__in=NEW).delete()
    apps.get_model("auth", "Permission").objects.using(alias).filter(codename__in=RIGHTS, content_type__app_label="initiatives").delete()


class Migration(migrations.Migration):
    dependencies = [("initiatives", "0004_control")]
    operations = [
        migrations.AlterModelOptions(
            name="payment",
            options={
                "default_permissions": (),
                "permissions": [
                    ("register_payment", "Kan registrere udbetalinger, tilbageførsler, tilbagebetalinger, videreformidlinger og modtagne regnskaber"),
                    ("approve_payment", "Kan godkende udbetalinger og tilbageførsler"),
                    ("check_accounts", "Kan kontrollere og godkende tilskudsmodtagernes regnskaber"),
                    ("release_payments", "Kan frigive betalingsfiler"),
                    ("reconcile_payments", "Kan afstemme betalinger"),
                ],
                "verbose_name": "udbetaling",
                "verbose_name_plural": "udbetalinger",
            },
        ),
        migrations.RunPython(make, unmake),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
