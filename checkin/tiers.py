"""What each PostgreSQL role may do: the second wall behind the application's own checks.

The tables belong to the role that migrates. The public tier's role may write visits and declarations and
read back next to nothing; the staff tier's role reads. Row-level security is forced on the tables with
personal data; its scope is what `db.set_scope` sets at the start of each transaction. Applied by
`flask --app wsgi database grant`, which can be run again at any time.
"""

import hashlib
import re
import time

import click
import sqlalchemy as sa
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError

from checkin import context

group = AppGroup("database", help="Roles and rights on PostgreSQL.")

# In thousandths of a second, and how often it is tried again.
LOCK_TIMEOUT, TRIES, PAUSE = 300, 40, 0.25
_MARK = sa.text(
    "SELECT obj_description(p.oid, 'pg_policy') FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
    "WHERE p.polname = 'all_rows' AND c.relname = :table AND c.relnamespace = 'public'::regnamespace "
    "AND c.relrowsecurity AND c.relforcerowsecurity"
)

# Table: what the public role may do there. Nothing is granted that is not written here.
PUBLIC_GRANTS = {
    "place": "SELECT",
    "place_successor": "SELECT",
    "venue": "SELECT, INSERT, UPDATE (name, name_fold, kind, address, commune_id, opens_at, closes_at, contact)",
    "zone": "SELECT, INSERT",
    "code": "SELECT, INSERT, UPDATE (revoked_at)",
    "account": "SELECT, INSERT, UPDATE (signed_in_at, epoch)",
    "person": "INSERT, SELECT (id, same_as, name_index, id_index, phone_index)",
    "declaration": "INSERT",
    "visit": "SELECT, INSERT, UPDATE (left_at, end_set_by, until_likely, until_latest, declaration_id, declared_at)",
    "submission": "SELECT, INSERT, UPDATE (result)",
    "audit": "INSERT, SELECT (seq, hash)",
    "alembic_version": "SELECT",
}
STAFF_GRANTS = {
    "place": "SELECT",
    "place_successor": "SELECT",
    "venue": "SELECT",
    "zone": "SELECT",
    "code": "SELECT",
    "account": "SELECT, INSERT, UPDATE",
    "person": "SELECT",
    "declaration": "SELECT",
    "visit": "SELECT",
    "case": "SELECT, INSERT, UPDATE",
    "lookup": "SELECT, INSERT",
    "export": "SELECT, INSERT, UPDATE",
    "export_part": "SELECT, INSERT, DELETE",
    # Freezing copies within the database, keeps ends up to date, and lets go of what no case needs.
    "kept_visit": "SELECT, INSERT, DELETE, "
    "UPDATE (left_at, end_set_by, until_likely, until_latest, declaration_id, declared_at)",
    "kept_declaration": "SELECT, INSERT, DELETE",
    "case_visit": "SELECT, INSERT, DELETE",
    "audit": "SELECT, INSERT",
    "alembic_version": "SELECT",
}
# With the rights of the tables' owner: sums of an owner's visits, and the tables of a day.
FUNCTIONS = ("visit_hours(uuid[], timestamptz, timestamptz)", "open_day(date)")
OF_OWN_VENUE = (
    "EXISTS (SELECT 1 FROM venue v WHERE v.id = venue_id "
    "AND v.owner_id::text = nullif(current_setting('checkin.owner', true), ''))"
)
# Table: which rows the public role may touch. The owner of the tables and the staff role: every row.
PUBLIC_ROWS = {
    "visit": (
        "encode(device, 'hex') = nullif(current_setting('checkin.device', true), '') "
        "OR id::text = nullif(current_setting('checkin.visit', true), '')"
    ),
    "submission": "id::text = nullif(current_setting('checkin.submission', true), '')",
    "account": "role = 'owner'",
    # A venue's name is on its wall; only its owner changes it, as the application checks too.
    "venue": None,
    "zone": None,
    "code": None,
    # Which columns are read is bounded by the grant.
    "audit": None,
    "declaration": "false",
}
PUBLIC_WRITES = {
    "visit": "true",
    "submission": "true",
    "account": "role = 'owner'",
    "venue": "owner_id::text = nullif(current_setting('checkin.owner', true), '')",
    "zone": OF_OWN_VENUE,
    "code": OF_OWN_VENUE,
    # Nothing that staff do can be written into the log from here.
    "audit": "role IN ('owner', 'none') AND left(action, 6) <> 'lookup' AND left(action, 4) <> 'case'",
    "declaration": "true",
}


def statements(owner: str, public: str, staff: str) -> list[str]:
    """The SQL that gives both roles their rights, and no others."""
    return [*grants(public, staff), *(one for group in policies(owner, public, staff).values() for one in group)]


def grants(public: str, staff: str) -> list[str]:
    """What each role may do with which table and function."""
    out = []
    for role, rights_of in ((public, PUBLIC_GRANTS), (staff, STAFF_GRANTS)):
        out += [
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            *(f'GRANT {rights} ON "{table}" TO {role}' for table, rights in rights_of.items()),
        ]
    for function in FUNCTIONS:
        out += [
            f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {function} TO {public}, {staff}",
        ]
    return out


def policies(owner: str, public: str, staff: str) -> dict[str, list[str]]:
    """Which rows each role may touch, by table."""
    return {
        table: [
            f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
            f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
            *(
                f'DROP POLICY IF EXISTS {name} ON "{table}"'
                for name in ("all_rows", "staff_rows", "own_rows", "own_writes", "own_changes")
            ),
            f'CREATE POLICY all_rows ON "{table}" TO {owner} USING (true) WITH CHECK (true)',
            f'CREATE POLICY staff_rows ON "{table}" TO {staff} USING (true) WITH CHECK (true)',
            f'CREATE POLICY own_rows ON "{table}" FOR SELECT TO {public} USING ({rows or "true"})',
            f'CREATE POLICY own_writes ON "{table}" FOR INSERT TO {public} WITH CHECK ({PUBLIC_WRITES[table]})',
            f'CREATE POLICY own_changes ON "{table}" FOR UPDATE TO {public} USING ({rows or PUBLIC_WRITES[table]}) '
            f"WITH CHECK ({rows or PUBLIC_WRITES[table]})",
        ]
        for table, rows in PUBLIC_ROWS.items()
    }


def give(engine: sa.Engine, public: str, staff: str) -> None:
    """Give both roles their rights while people check in: each table by itself, and only where something is new.

    Policies lock their table against everybody. So what stands there already, by its mark, is left alone; and a
    table that somebody holds is let go of and tried again, since check-ins queue behind it meanwhile.
    """
    with engine.begin() as connection:
        owner = f'"{connection.scalar(sa.text("SELECT current_user"))}"'
        for statement in grants(public, staff):
            connection.exec_driver_sql(statement)
    for table, group_of in policies(owner, public, staff).items():
        mark = hashlib.sha256("\n".join(group_of).encode()).hexdigest()[:16]
        for tries_left in reversed(range(TRIES)):
            try:
                with engine.begin() as connection:
                    if connection.scalar(_MARK, {"table": table}) == mark:
                        break
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT}")
                    for statement in group_of:
                        connection.exec_driver_sql(statement)
                    connection.exec_driver_sql(f"COMMENT ON POLICY all_rows ON \"{table}\" IS '{mark}'")
                break
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", "") != "55P03" or not tries_left:
                    raise
                time.sleep(PAUSE)


def renew(url: str) -> bool:
    """Give the roles that have rights already those of this version; True where there are such roles.

    A migration that makes a table anew drops the rights on it: without this the public tier would stop.
    """
    engine = sa.create_engine(url)
    try:
        if engine.dialect.name != "postgresql":
            return False
        with engine.connect() as connection:
            found = connection.execute(
                sa.text(
                    "SELECT policyname, roles[1] AS role FROM pg_policies WHERE tablename = 'submission' "
                    "AND policyname IN ('own_rows', 'staff_rows')"
                )
            )
            roles = {row.policyname: f'"{row.role}"' for row in found}
        if len(roles) == 2:
            give(engine, roles["own_rows"], roles["staff_rows"])
        return len(roles) == 2
    finally:
        engine.dispose()


@group.command("grant")
@click.option("--public", "public", required=True, help="Role of the public tier.")
@click.option("--staff", required=True, help="Role of the staff tier.")
def grant(public: str, staff: str) -> None:
    """Give the roles of both tiers their rights, as the owner of the tables (MIGRATE_URL)."""
    for role in (public, staff):
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,60}", role):
            raise click.ClickException(f"not a role's name: {role}")
    engine = sa.create_engine(context.config().migrate_url)
    if engine.dialect.name != "postgresql":
        raise click.ClickException("only PostgreSQL has roles; SQLite has one wall, the application's")
    give(engine, f'"{public}"', f'"{staff}"')
    engine.dispose()
    click.echo(f"rights given: {public} (public tier), {staff} (staff tier)")
