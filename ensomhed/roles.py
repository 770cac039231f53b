"""PostgreSQL's two roles: the owner, who migrates, and the application, which does everything else. `privileges.py` says what the application may do."""

from typing import Any

from psycopg import Connection, sql

ADMIN = "postgres"
OWNER = "ensomhed_owner"
APPLICATION = "ensomhed_app"


def create(connection: Connection[Any], passwords: dict[str, str]) -> None:
    """Makes both roles, or gives the existing ones these passwords. Neither can make roles or databases or go around row rules."""
    for role, password in passwords.items():
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        statement = "ALTER ROLE {} LOGIN PASSWORD {}" if exists else "CREATE ROLE {} LOGIN PASSWORD {}"
        connection.execute(
            sql.SQL(statement + " NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT").format(sql.Identifier(role), sql.Literal(password))
        )


def create_database(connection: Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name), sql.Identifier(OWNER)))
    restrict_connections(connection, name)


def restrict_connections(connection: Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(name), sql.Identifier(APPLICATION)))


def secure_schema(connection: Connection[Any]) -> None:
    """Inside the new database: only the owner makes anything, and what it makes is nobody else's until `privileges.py` says so."""
    owner, application = sql.Identifier(OWNER), sql.Identifier(APPLICATION)
    for statement in (
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {application}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    ):
        connection.execute(sql.SQL(statement).format(owner=owner, application=application))


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
        f"{APPLICATION} owns a table.": "SELECT 1 FROM pg_class WHERE relowner = %(app)s::regrole",
        f"{APPLICATION} may not use the schema public.": "SELECT 1 WHERE NOT has_schema_privilege(%(app)s, 'public', 'USAGE')",
        f"{OWNER} does not own the schema public.": "SELECT 1 FROM pg_namespace WHERE nspname = 'public' AND nspowner <> %(owner)s::regrole",
        "The server is older than PostgreSQL 15.": "SELECT 1 WHERE current_setting('server_version_num')::int < 150000",
        "The database does not keep UTF-8.": "SELECT 1 FROM pg_database WHERE datname = current_database() AND pg_encoding_to_char(encoding) <> 'UTF8'",
        "The server answers before a commit is on disk (fsync, synchronous_commit or full_page_writes is off).": (
            "SELECT 1 WHERE 'off' IN (current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes'))"
        ),
    }
    wrong += [words for words, query in questions.items() if connection.execute(query, {"app": APPLICATION, "owner": OWNER}).fetchone()]
    return wrong
