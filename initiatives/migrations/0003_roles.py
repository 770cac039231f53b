"""The roles: groups, and the rights that each carries. Access administrators hold no right over money; auditors and grantees only read."""

from django.db import migrations

RIGHTS = {
    "read_all": ("initiatives", "earmark", "Kan læse alle bøger og bevillinger"),
    "see_own_grants": ("initiatives", "earmark", "Kan se egen organisations tilskud"),
    "propose_decision": (
        "initiatives",
        "earmark",
        "Kan foreslå bevilling, øremærkning, omdisponering, frigivelse, bortfald, afskrivning og betalingsvindue",
    ),
    "approve_decision": (
        "initiatives",
        "earmark",
        "Kan godkende bevilling, øremærkning, omdisponering, frigivelse, bortfald, afskrivning og betalingsvindue",
    ),
    "register_payment": (
        "initiatives",
        "payment",
        "Kan registrere udbetalinger, tilbageførsler, tilbagebetalinger, videreformidlinger og regnskaber",
    ),
    "approve_payment": ("initiatives", "payment", "Kan godkende udbetalinger, tilbageførsler og regnskaber"),
    "close_period": ("ledger", "period", "Kan lukke perioder"),
    "view_user": ("ensomhed", "user", "Can view bruger"),
    "add_user": ("ensomhed", "user", "Can add bruger"),
    "change_user": ("ensomhed", "user", "Can change bruger"),
    "view_account": ("ledger", "account", "Can view konto"),
    "view_transfer": ("ledger", "transfer", "Can view postering"),
    "view_period": ("ledger", "period", "Can view periode"),
    "view_refusal": ("ledger", "refusal", "Can view afvisning"),
    "view_earmark": ("initiatives", "earmark", "Can view øremærkning"),
    "view_grantee": ("initiatives", "grantee", "Can view tilskudsmodtager"),
    "view_voucher": ("initiatives", "voucher", "Can view bilag"),
}
READING = ["read_all", "view_account", "view_transfer", "view_period", "view_refusal", "view_earmark", "view_grantee", "view_voucher"]
ROLES = {
    "Sagsbehandler": [*READING, "register_payment"],
    "Godkender": [*READING, "approve_payment"],
    "Ledelse": [*READING, "propose_decision", "approve_decision"],
    "Controller": [*READING, "close_period"],
    "Adgangsadministrator": ["view_user", "add_user", "change_user"],
    "Revisor": READING,
    "Tilskudsmodtager": ["see_own_grants"],
}


def make(apps, schema_editor):
    alias = schema_editor.connection.alias
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    rights = {}
    for codename, (app, model, name) in RIGHTS.items():
        content_type, _ = content_types.get_or_create(app_label=app, model=model)
        rights[codename], _ = permissions.get_or_create(content_type=content_type, codename=codename, defaults={"name": name[:255]})
    for role, codenames in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        group.permissions.set([rights[codename] for codename in codenames])


def unmake(apps, schema_editor):
    apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias).filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("initiatives", "0002_guards"),
        ("ledger", "0002_door"),
        ("ensomhed", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, unmake)]
