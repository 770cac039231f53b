"""PostgreSQL's two roles: the owner, who migrates, and the application, which does everything else. `privileges.py` says what the application may do."""

from typing import Any

from psycopg import Connection, sql

ADMIN = "postgres"
OWNER = "ensomhed_owner"
APPLICATION = "ensomhed_app"
TOO_MUCH = {"rolsuper": "SUPERUSER", "rolcreatedb": "CREATEDB", "rolcreaterole": "CREATEROLE", "rolreplication": "REPLICATION", "rolbypassrls": "BYPASSRLS"}


def create(connection: Connection[Any], passwords: dict[str, str]) -> None:
    """Makes both roles, or gives the existing ones these passwords. Neither can make roles or databases or go around row rules.

    A password leaves this process only as its SCRAM verifier, so that no log of the server can show it. INHERIT is what lets PostgreSQL 15's owner of a
    database act as the owner of its schema.
    """
    for role, password in passwords.items():
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        columns = sql.SQL(", ").join(sql.Identifier(column) for column in TOO_MUCH)
        known = connection.execute(sql.SQL("SELECT {} FROM pg_roles WHERE rolname = %s").format(columns), [role]).fetchone()
        if known is None:
            statement = "CREATE ROLE {} LOGIN INHERIT PASSWORD {}"
        else:  # only what is wrong is taken back: naming SUPERUSER at all is a superuser's right
            statement = " ".join(["ALTER ROLE {} LOGIN INHERIT PASSWORD {}", *(f"NO{name}" for name, has in zip(TOO_MUCH.values(), known, strict=True) if has)])
        connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(verifier)))


def create_database(connection: Connection[Any], name: str) -> None:
    """Makes the database, or gives the existing one to the owner; only the application and the owner may connect to it."""
    known = connection.execute(
        "SELECT pg_get_userbyid(datdba) = %s, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) FROM (VALUES (1)) AS one LEFT JOIN pg_database ON datname = %s",
        [OWNER, name],
    ).fetchone()
    assert known is not None
    owned, superuser = known
    if not owned and not superuser:  # whoever gives a database to a role must be able to act as it
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
    if owned is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name), sql.Identifier(OWNER)))
    elif not owned:
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(name), sql.Identifier(OWNER)))
    if not owned and not superuser:
        connection.execute(sql.SQL("REVOKE {} FROM CURRENT_USER").format(sql.Identifier(OWNER)))


def restrict_connections(connection: Connection[Any], name: str) -> None:
    """Nobody but the owner and the application connects to this database, and only the owner makes schemas or temporary tables. Run as the owner or a superuser.

    In one transaction: the application, at work meanwhile, never meets the moment between what is taken back and what is given.
    """
    with connection.transaction():
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(sql.Identifier(name), sql.Identifier(APPLICATION)))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APPLICATION)))


def secure_schema(connection: Connection[Any]) -> None:
    """Inside the database: only the owner makes anything, and what it makes is nobody else's until `privileges.py` says so. Run as the owner or a superuser.

    In one transaction, for the same reason: without the right to the schema, PostgreSQL answers the application that its tables do not exist.
    """
    owner, application = sql.Identifier(OWNER), sql.Identifier(APPLICATION)
    with connection.transaction():
        restrict_connections(connection, connection.info.dbname)
        for statement in (
            "ALTER SCHEMA public OWNER TO {owner}",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC, {application}",
            "GRANT USAGE ON SCHEMA public TO {application}",
            "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        ):
            connection.execute(sql.SQL(statement).format(owner=owner, application=application))


def script(name: str) -> str:
    """What an administrator runs in psql where our own address may not: the same, in SQL."""
    return f"""\
CREATE ROLE {OWNER} LOGIN INHERIT PASSWORD 'the password in DATABASE_OWNER_URL';
CREATE ROLE {APPLICATION} LOGIN INHERIT PASSWORD 'the password in DATABASE_URL';
GRANT {OWNER} TO CURRENT_USER;
CREATE DATABASE "{name}" OWNER {OWNER} ENCODING 'UTF8' TEMPLATE template0;
REVOKE {OWNER} FROM CURRENT_USER;
"""


def faults(connection: Connection[Any]) -> list[str]:
    """What is wrong with the roles and rights of the database at hand, in words; empty when all is as it must be. Run as any role."""
    wrong = []
    for role in (OWNER, APPLICATION):
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = %s", [role]
        ).fetchone()
        if row is None:
            wrong.append(f"The role {role} does not exist.")
        elif any(row):
            wrong.append(f"The role {role} is more than it may be: it must not be superuser, make roles or databases, replicate, or go around row rules.")
    if wrong:
        return wrong
    questions = {
        f"{APPLICATION} is a member of another role, and so may act as it.": "SELECT 1 FROM pg_auth_members WHERE member = %(app)s::regrole",
        f"{APPLICATION} may create objects in the schema public.": "SELECT 1 WHERE has_schema_privilege(%(app)s, 'public', 'CREATE')",
        f"{APPLICATION} may create schemas in the database.": "SELECT 1 WHERE has_database_privilege(%(app)s, current_database(), 'CREATE')",
        f"{APPLICATION} may create temporary tables.": "SELECT 1 WHERE has_database_privilege(%(app)s, current_database(), 'TEMP')",
        f"{APPLICATION} owns something in the database.": "SELECT 1 FROM pg_shdepend WHERE refobjid = %(app)s::regrole AND deptype = 'o'",
        f"{APPLICATION} may not use the schema public.": "SELECT 1 WHERE NOT has_schema_privilege(%(app)s, 'public', 'USAGE')",
        f"{OWNER} does not own the database.": "SELECT 1 FROM pg_database WHERE datname = current_database() AND datdba <> %(owner)s::regrole",
        f"{OWNER} does not own the schema public.": "SELECT 1 FROM pg_namespace WHERE nspname = 'public' AND nspowner <> %(owner)s::regrole",
        f"Others than {OWNER} and {APPLICATION} may connect to the database.": (
            "SELECT 1 FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS held WHERE datname = current_database() AND held.grantee = 0"
        ),
        "The server is older than PostgreSQL 15.": "SELECT 1 WHERE current_setting('server_version_num')::int < 150000",
        "The database does not keep UTF-8.": "SELECT 1 FROM pg_database WHERE datname = current_database() AND pg_encoding_to_char(encoding) <> 'UTF8'",
        "The server answers before a commit is on disk (fsync, synchronous_commit or full_page_writes is off).": (
            "SELECT 1 WHERE 'off' IN (current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'))"
        ),
    }
    wrong += [words for words, query in questions.items() if connection.execute(query, {"app": APPLICATION, "owner": OWNER}).fetchone()]
    return wrong
