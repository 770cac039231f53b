"""The audit log of what can be changed (0014_history.sql), and of what leaves no row elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import djmoney.models.fields
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import ledger.fields

SQL = Path(__file__).with_suffix(".sql")
REVERSE = """
DROP FUNCTION initiatives_event_happens_now() CASCADE;
DROP FUNCTION initiatives_succession_stands(initiatives_proposal), initiatives_succession_is_lawful(initiatives_proposal), initiatives_followed_by(bigint, date);
DROP INDEX refusal_in_order, proposal_in_order, verification_in_order, decision_in_order, attempt_in_order;
"""
# Of each followed table: its history, the columns that are kept, the one that names a row, and its triggers: label, the library's own name, and when it speaks.
FOLLOWED = {
    "agreement": (
        "initiatives_agreement",
        "initiatives_agreementhistory",
        "id name name_en slug source stated_sum stated_sum_currency",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_e32d3", ""),
            ("update", "update_update", "pgtrigger_update_update_cd61e", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_d43a6", ""),
        ],
    ),
    "earmark": (
        "initiatives_earmark",
        "initiatives_earmarkhistory",
        "account_id amount amount_currency award condition condition_en grantee_account_id grantee_id id initiative_id must_partner must_pass_on slug source track track_en used_account_id written_off_account_id",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_673a1", ""),
            ("update", "update_update", "pgtrigger_update_update_125d0", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_b866a", ""),
        ],
    ),
    "frame": (
        "initiatives_frame",
        "initiatives_framehistory",
        "account_id agreement_id amount amount_currency ends id name name_en slug source starts",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_08ad8", ""),
            ("update", "update_update", "pgtrigger_update_update_10d47", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_605a2", ""),
        ],
    ),
    "grantee": (
        "initiatives_grantee",
        "initiatives_granteehistory",
        "cvr id name slug state_agency",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_442c5", ""),
            ("update", "update_update", "pgtrigger_update_update_e2abe", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_58661", ""),
        ],
    ),
    "initiative": (
        "initiatives_initiative",
        "initiatives_initiativehistory",
        "frame_id id name name_en number purpose purpose_en slug",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_649fe", ""),
            ("update", "update_update", "pgtrigger_update_update_b6c3b", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_bf9bd", ""),
        ],
    ),
    "localactor": (
        "initiatives_localactor",
        "initiatives_localactorhistory",
        "account_id earmark_id id municipality_code name slug",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_a2b3b", ""),
            ("update", "update_update", "pgtrigger_update_update_16676", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_3fbea", ""),
        ],
    ),
    "followeduser": (
        "ensomhed_user",
        "initiatives_userhistory",
        "date_joined email first_name id is_active is_demo is_staff is_superuser job_title last_name username",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_e1cf3", ""),
            (
                "update",
                "update_update",
                "pgtrigger_update_update_0acee",
                'WHEN (OLD."date_joined" IS DISTINCT FROM (NEW."date_joined") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."first_name" IS DISTINCT FROM (NEW."first_name") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."is_active" IS DISTINCT FROM (NEW."is_active") OR OLD."is_demo" IS DISTINCT FROM (NEW."is_demo") OR OLD."is_staff" IS DISTINCT FROM (NEW."is_staff") OR OLD."is_superuser" IS DISTINCT FROM (NEW."is_superuser") OR OLD."job_title" IS DISTINCT FROM (NEW."job_title") OR OLD."last_name" IS DISTINCT FROM (NEW."last_name") OR OLD."username" IS DISTINCT FROM (NEW."username"))',
            ),
            ("delete", "delete_delete", "pgtrigger_delete_delete_f72f8", ""),
            (
                "password_changed",
                "password_changed_update",
                "pgtrigger_password_changed_update_1e8b5",
                'WHEN (OLD."password" IS DISTINCT FROM (NEW."password"))',
            ),
        ],
    ),
    "followedrole": (
        "ensomhed_user_groups",
        "initiatives_rolehistory",
        "group_id id user_id",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_e08ae", ""),
            ("update", "update_update", "pgtrigger_update_update_7a724", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_280f6", ""),
        ],
    ),
    "followedright": (
        "auth_group_permissions",
        "initiatives_righthistory",
        "group_id id permission_id",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_be9ba", ""),
            ("update", "update_update", "pgtrigger_update_update_ccbe6", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_9842c", ""),
        ],
    ),
    "followedpermission": (
        "ensomhed_user_user_permissions",
        "initiatives_permissionhistory",
        "id permission_id user_id",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_c4921", ""),
            ("update", "update_update", "pgtrigger_update_update_e3c94", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_5add0", ""),
        ],
    ),
    "followedperiod": (
        "ledger_period",
        "initiatives_periodhistory",
        "closed closed_at closed_by_id code",
        "code",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_8bd75", ""),
            ("update", "update_update", "pgtrigger_update_update_4117b", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_5ce1d", ""),
        ],
    ),
    "followedmember": (
        "initiatives_grantee_members",
        "initiatives_memberhistory",
        "grantee_id id user_id",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_66e4a", ""),
            ("update", "update_update", "pgtrigger_update_update_bccbd", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_aebe5", ""),
        ],
    ),
    "followedgroup": (
        "auth_group",
        "initiatives_grouphistory",
        "id name",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_c7650", ""),
            ("update", "update_update", "pgtrigger_update_update_5e637", "WHEN (OLD.* IS DISTINCT FROM NEW.*)"),
            ("delete", "delete_delete", "pgtrigger_delete_delete_02924", ""),
        ],
    ),
    "followedfactor": (
        "mfa_authenticator",
        "initiatives_factorhistory",
        "created_at id type user_id",
        "id",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_1f100", ""),
            (
                "update",
                "update_update",
                "pgtrigger_update_update_78540",
                'WHEN (OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."type" IS DISTINCT FROM (NEW."type") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
            ),
            ("delete", "delete_delete", "pgtrigger_delete_delete_83928", ""),
        ],
    ),
    "followedkey": (
        "ensomhed_apikey",
        "initiatives_keyhistory",
        "made_at user_id",
        "",
        [
            ("insert", "insert_insert", "pgtrigger_insert_insert_1c5fd", ""),
            (
                "update",
                "update_update",
                "pgtrigger_update_update_d6890",
                'WHEN (OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
            ),
            ("delete", "delete_delete", "pgtrigger_delete_delete_b83a0", ""),
        ],
    ),
}


def points(**to: Any) -> Any:
    """A reference as it was: it binds nothing, since what it points at may be gone."""
    return models.ForeignKey(
        on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False, db_index=False, related_name="+", related_query_name="+", **to
    )


def about(model: str) -> Any:
    """The row that this is the history of, which may be gone."""
    return models.ForeignKey(model, on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")


def beside() -> list[tuple[str, Any]]:
    """What stands beside every row that is kept."""
    return [
        ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
        ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
        ("pgh_label", models.TextField(help_text="The event label.")),
        ("pgh_context", pghistory.utils.JSONField(null=True)),
    ]


def triggers() -> Iterator[pgtrigger.migrations.AddTrigger]:
    """What the library would write out at length, one trigger after the other."""
    values = {"pgh_context": "COALESCE(NULLIF(CURRENT_SETTING('pghistory.context_metadata', TRUE), ''), NULL)::JSONB", "pgh_created_at": "CLOCK_TIMESTAMP()"}
    for model, (table, history, columns, subject, kept) in FOLLOWED.items():
        for label, name, pgid, condition in kept:
            operation = {"insert": "INSERT", "delete": "DELETE"}.get(label, "UPDATE")
            row = "OLD" if label == "delete" else "NEW"
            told = values | {column: f'{row}."{column}"' for column in columns.split()} | {"pgh_label": f"'{label}'"}
            if subject:
                told["pgh_obj_id"] = f'{row}."{subject}"'
            names, said = ", ".join(f'"{column}"' for column in sorted(told)), ", ".join(told[column] for column in sorted(told))
            func = f'INSERT INTO "{history}" ({names}) VALUES ({said}); RETURN NULL;'  # noqa: S608 — written here
            more = {"condition": condition} if condition else {}
            statement = pgtrigger.compiler.UpsertTriggerSql(func=func, operation=operation, pgid=pgid, table=table, when="AFTER", **more)
            yield pgtrigger.migrations.AddTrigger(model_name=model, trigger=pgtrigger.compiler.Trigger(name=name, sql=statement))


def beginnings() -> Iterator[migrations.RunSQL]:
    """What there was when the log began: the first row of each history."""
    for table, history, columns, subject, _ in FOLLOWED.values():
        names = ", ".join(f'"{column}"' for column in columns.split())
        about = (", pgh_obj_id", f', "{subject}"') if subject else ("", "")
        yield migrations.RunSQL(
            f"INSERT INTO {history} ({names}, pgh_created_at, pgh_label{about[0]}) SELECT {names}, clock_timestamp(), 'begun'{about[1]} FROM {table} ORDER BY 1",  # noqa: S608 — written here
            migrations.RunSQL.noop,
        )


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("ensomhed", "0002_login"),
        ("initiatives", "0013_access"),
        ("ledger", "0002_door"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.CreateModel(
            name="FollowedUser",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("ensomhed.user",),
        ),
        migrations.CreateModel(
            name="FollowedRole",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("ensomhed.user_groups",),
        ),
        migrations.CreateModel(
            name="FollowedRight",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("auth.group_permissions",),
        ),
        migrations.CreateModel(
            name="FollowedPermission",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("ensomhed.user_user_permissions",),
        ),
        migrations.CreateModel(
            name="FollowedPeriod",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("ledger.period",),
        ),
        migrations.CreateModel(
            name="FollowedMember",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("initiatives.grantee_members",),
        ),
        migrations.CreateModel(
            name="FollowedGroup",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("auth.group",),
        ),
        migrations.CreateModel(
            name="FollowedFactor",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("mfa.authenticator",),
        ),
        migrations.CreateModel(
            name="FollowedKey",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
            },
            bases=("ensomhed.apikey",),
        ),
        migrations.CreateModel(
            name="AgreementHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("slug", models.SlugField(db_index=False)),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("name_en", models.CharField(max_length=200, verbose_name="navn på engelsk")),
                ("stated_sum_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("stated_sum", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="nævnt beløb")),
                ("source", models.TextField(verbose_name="kilde")),
                ("pgh_obj", about("initiatives.agreement")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="agreementhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="agreementhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EarmarkHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("slug", models.SlugField(db_index=False, max_length=80)),
                ("track", models.CharField(blank=True, max_length=100, verbose_name="spor")),
                ("track_en", models.CharField(blank=True, max_length=100, verbose_name="spor på engelsk")),
                ("amount_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("amount", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="beløb")),
                (
                    "award",
                    models.CharField(
                        choices=[
                            ("set_aside", "afsat til modtageren"),
                            ("state_agency", "afsat til en statslig myndighed"),
                            ("direct_grant", "direkte tilskud"),
                            ("direct_award", "direkte tildeling"),
                        ],
                        max_length=20,
                        verbose_name="tildelingsform",
                    ),
                ),
                ("must_pass_on", models.BooleanField(default=False, verbose_name="skal videreformidles")),
                ("must_partner", models.BooleanField(default=False, verbose_name="skal indgå samarbejder")),
                ("condition", models.TextField(blank=True, verbose_name="vilkår")),
                ("condition_en", models.TextField(blank=True, verbose_name="vilkår på engelsk")),
                ("source", models.TextField(verbose_name="kilde")),
                ("account", points(to="ledger.account", verbose_name="øremærkningens konto")),
                ("grantee", points(to="initiatives.grantee", verbose_name="tilskudsmodtager")),
                ("grantee_account", points(to="ledger.account", verbose_name="tilskudsmodtagerens konto")),
                ("initiative", points(to="initiatives.initiative", verbose_name="initiativ")),
                ("pgh_obj", about("initiatives.earmark")),
                ("used_account", points(to="ledger.account", verbose_name="dokumenteret anvendt")),
                ("written_off_account", points(to="ledger.account", verbose_name="afskrevet")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="earmarkhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="earmarkhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="tidspunkt")),
                ("what", models.CharField(max_length=40, verbose_name="hvad")),
                ("about", models.CharField(blank=True, max_length=200, verbose_name="om")),
                ("figures", models.JSONField(default=dict, verbose_name="oplysninger")),
                ("address", models.CharField(blank=True, max_length=45, verbose_name="netadresse")),
                ("url", models.CharField(blank=True, max_length=300, verbose_name="side")),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="hvem",
                    ),
                ),
            ],
            options={
                "verbose_name": "hændelse",
                "verbose_name_plural": "hændelser",
                "ordering": ["-at", "-id"],
                "default_permissions": (),
                "indexes": [models.Index(fields=["at", "id"], name="event_in_order"), models.Index(fields=["by", "at", "id"], name="event_of_a_person")],
            },
        ),
        migrations.CreateModel(
            name="FactorHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                (
                    "type",
                    models.CharField(choices=[("recovery_codes", "Recovery codes"), ("totp", "TOTP Authenticator"), ("webauthn", "WebAuthn")], max_length=20),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("user", points(to=settings.AUTH_USER_MODEL)),
                ("pgh_obj", about("initiatives.followedfactor")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="factorhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="factorhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FrameHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("slug", models.SlugField(db_index=False)),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("name_en", models.CharField(max_length=200, verbose_name="navn på engelsk")),
                ("amount_currency", djmoney.models.fields.CurrencyField(choices=[("DKK", "DKK")], default="DKK", editable=False, max_length=3)),
                ("amount", ledger.fields.ExactMoneyField(currency_choices=[("DKK", "DKK")], decimal_places=2, max_digits=14, verbose_name="beløb")),
                ("starts", models.DateField(verbose_name="fra og med")),
                ("ends", models.DateField(verbose_name="til og med")),
                ("source", models.TextField(verbose_name="kilde")),
                ("account", points(to="ledger.account", verbose_name="konto")),
                ("agreement", points(to="initiatives.agreement", verbose_name="aftale")),
                ("pgh_obj", about("initiatives.frame")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="framehistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="framehistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GranteeHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("slug", models.SlugField(db_index=False)),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("cvr", models.CharField(blank=True, default="", max_length=8, verbose_name="CVR-nummer")),
                (
                    "state_agency",
                    models.BooleanField(
                        default=False, help_text="Trækket er en intern overførsel uden NemKonto og revisorerklæring.", verbose_name="statslig myndighed"
                    ),
                ),
                ("pgh_obj", about("initiatives.grantee")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="granteehistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="granteehistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GroupHistory",
            fields=[
                *beside(),
                ("id", models.IntegerField()),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("pgh_obj", about("initiatives.followedgroup")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="grouphistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="grouphistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="InitiativeHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("slug", models.SlugField(db_index=False)),
                (
                    "number",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="Nummer i udmøntningen; sekretariatsopgaven har intet.", null=True, verbose_name="nummer"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("name_en", models.CharField(max_length=200, verbose_name="navn på engelsk")),
                ("purpose", models.TextField(verbose_name="formål")),
                ("purpose_en", models.TextField(verbose_name="formål på engelsk")),
                ("frame", points(to="initiatives.frame", verbose_name="ramme")),
                ("pgh_obj", about("initiatives.initiative")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="initiativehistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="initiativehistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeyHistory",
            fields=[
                *beside(),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name="lavet")),
                ("user", points(to=settings.AUTH_USER_MODEL, verbose_name="bruger")),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["pgh_created_at", "pgh_id"], name="keyhistory_in_order")],
            },
        ),
        migrations.CreateModel(
            name="LocalActorHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("slug", models.SlugField(db_index=False, max_length=80)),
                ("name", models.CharField(max_length=200, verbose_name="navn")),
                ("municipality_code", models.CharField(max_length=3, verbose_name="kommunekode")),
                ("account", points(to="ledger.account", verbose_name="konto")),
                ("earmark", points(to="initiatives.earmark", verbose_name="øremærkning")),
                ("pgh_obj", about("initiatives.localactor")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="localactorhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="localactorhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="MemberHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("grantee", points(db_tablespace="", to="initiatives.grantee")),
                ("user", points(db_tablespace="", to=settings.AUTH_USER_MODEL)),
                ("pgh_obj", about("initiatives.followedmember")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="memberhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="memberhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PeriodHistory",
            fields=[
                *beside(),
                ("code", models.CharField(max_length=9, serialize=False, verbose_name="periode")),
                ("closed", models.BooleanField(default=False, verbose_name="lukket")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="lukket den")),
                ("closed_by", points(blank=True, null=True, to=settings.AUTH_USER_MODEL, verbose_name="lukket af")),
                ("pgh_obj", about("initiatives.followedperiod")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="periodhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="periodhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PermissionHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("permission", points(db_tablespace="", to="auth.permission")),
                ("user", points(db_tablespace="", to=settings.AUTH_USER_MODEL)),
                ("pgh_obj", about("initiatives.followedpermission")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="permissionhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="permissionhistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RightHistory",
            fields=[
                *beside(),
                ("id", models.IntegerField()),
                ("group", points(db_tablespace="", to="auth.group")),
                ("permission", points(db_tablespace="", to="auth.permission")),
                ("pgh_obj", about("initiatives.followedright")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="righthistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="righthistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RoleHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                ("group", points(db_tablespace="", to="auth.group")),
                ("user", points(db_tablespace="", to=settings.AUTH_USER_MODEL)),
                ("pgh_obj", about("initiatives.followedrole")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="rolehistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="rolehistory_of_one"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserHistory",
            fields=[
                *beside(),
                ("id", models.BigIntegerField()),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(default=False, help_text="Designates whether the user can log into this admin site.", verbose_name="staff status"),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                ("job_title", models.CharField(blank=True, max_length=100, verbose_name="stilling")),
                ("is_demo", models.BooleanField(default=False, editable=False, verbose_name="prøveperson")),
                ("pgh_obj", about("initiatives.followeduser")),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["pgh_created_at", "pgh_id"], name="userhistory_in_order"),
                    models.Index(fields=["pgh_obj", "pgh_id"], name="userhistory_of_one"),
                ],
            },
        ),
        *triggers(),
        *beginnings(),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), REVERSE),
    ]
