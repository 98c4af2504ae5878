"""What is read of a database as a whole, over the drivers themselves: a copy knows tables, not models."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.orm import Session

from checkin.audit.models import AuditEntry
from checkin.backup.manifest import Say, TableSum, as_hex, summed
from checkin.declarations.models import Declaration

Postgres = psycopg.Connection[tuple[Any, ...]]
Columns = dict[str, tuple[str, ...]]

# Partitions are read through their table: what matters is the rows, not on which day's shelf they lie.
TABLES_OF_POSTGRESQL = """
    SELECT c.relname, array_agg(a.attname ORDER BY a.attnum)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY 1 ORDER BY 1
"""
# Also asked of each partition, since pg_dump reads those and not their table.
HIDING_TABLES = """
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND row_security_active(c.oid)
    AND (
        NOT EXISTS (
            SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
            AND pg_get_expr(p.polqual, p.polrelid) = 'true'
            AND EXISTS (SELECT 1 FROM unnest(p.polroles) r
                        WHERE CASE WHEN r = 0 THEN true ELSE pg_has_role(r, 'USAGE') END)
        )
        OR EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive)
    )
    ORDER BY 1
"""
OTHERS_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT pg_has_role(relowner, 'USAGE')
    ORDER BY 1
"""
# Also functions: one that is there already would stop the restore half-way, hence is said before.
THINGS_IN_POSTGRESQL = """
    SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    AND n.nspname NOT LIKE 'pg\\_temp%'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    UNION ALL
    SELECT proname FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LIMIT 1000
"""


def sqlite_tables(connection: sqlite3.Connection) -> Columns:
    """Every table with its columns in order."""
    found = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
    ).fetchall()
    return {
        name: tuple(row[0] for row in connection.execute("SELECT name FROM pragma_table_info(?)", (name,)))
        for (name,) in found
    }


def sqlite_sums(connection: sqlite3.Connection, tables: Columns, say: Say) -> dict[str, TableSum]:
    """Rows and sum of each table, of these columns."""
    out = {}
    for name, columns in tables.items():
        chosen = ", ".join(_quoted(column) for column in columns)
        rows = connection.execute(f"SELECT {chosen} FROM {_quoted(name)}")  # noqa: S608 - names of our own tables  # nosec B608
        # ascii, not repr: which letters repr shows as they are depends on Python's version.
        count, total = summed((ascii(row).encode() for row in rows), say, name)
        out[name] = TableSum(columns, count, as_hex(total))
    return out


def sqlite_faults(connection: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with a file; empty when it is sound."""
    found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
    return [] if found == ["ok"] else found


def sqlite_size(connection: sqlite3.Connection) -> int:
    """Bytes of the database without its log."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    return int(pages * connection.execute("PRAGMA page_size").fetchone()[0])


def postgresql_tables(connection: Postgres) -> Columns:
    """Every table with its columns in order; partitions stand under their table."""
    return {name: tuple(columns) for name, columns in connection.execute(TABLES_OF_POSTGRESQL)}


def postgresql_sums(connection: Postgres, tables: Columns, say: Say) -> dict[str, TableSum]:
    """Rows and sum of each table, of these columns, over the text that COPY gives: a dump holds the same."""
    out = {}
    for name, columns in tables.items():
        count, total = summed(_copied(connection, name, columns), say, name)
        out[name] = TableSum(columns, count, as_hex(total))
    return out


def _copied(connection: Postgres, name: str, columns: tuple[str, ...]) -> Iterator[bytes]:
    command = sql.SQL("COPY (SELECT {} FROM public.{}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
    )
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        while row := copy.read():  # one row at a time, as the protocol's library promises
            yield bytes(row)


def plain_text(connection: Postgres) -> None:
    """Let values be written as pg_dump writes them, and let nothing end this connection while it waits."""
    for setting, value in (
        ("TimeZone", "UTC"),
        ("DateStyle", "ISO"),
        ("IntervalStyle", "postgres"),
        ("extra_float_digits", "3"),
        ("bytea_output", "hex"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("lock_timeout", "30s"),
    ):
        connection.execute("SELECT set_config(%s, %s, false)", (setting, value))


def begin_snapshot(connection: Postgres, tables: Columns) -> str:
    """Begin a transaction in which nothing changes any more, its tables held against dropping; its name."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    # Locked before the first look: a day that is dropped in between would be missing in one of the two.
    names = sql.SQL(", ").join(sql.Identifier("public", name) for name in tables)
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
    return str(_one(connection, "SELECT pg_export_snapshot()"))


def hiding_tables(connection: Postgres) -> list[str]:
    """Tables of which row-level security may hide rows from this role, silently."""
    return [row[0] for row in connection.execute(HIDING_TABLES)]


def others_tables(connection: Postgres) -> list[str]:
    """Tables that do not belong to this role."""
    return [row[0] for row in connection.execute(OTHERS_TABLES)]


def postgresql_size(connection: Postgres) -> int:
    """Bytes of all tables without indexes: more than a packed dump of them takes."""
    where = "relkind = 'r' AND relnamespace = 'public'::regnamespace"
    return int(_one(connection, f"SELECT coalesce(sum(pg_table_size(oid)), 0) FROM pg_class WHERE {where}"))  # noqa: S608  # nosec B608


def postgresql_version(connection: Postgres) -> int:
    """The server's major version."""
    return connection.info.server_version // 10_000


def things_in_postgresql(connection: Postgres) -> list[str]:
    """Names of tables, views, sequences and functions, at most 1,000; empty in an empty database."""
    return [row[0] for row in connection.execute(THINGS_IN_POSTGRESQL)]


def vacuum(connection: Postgres, tables: Mapping[str, object]) -> None:
    """Gather statistics and mark pages as seen by all, which no dump carries and fast lookups need."""
    names = sql.SQL(", ").join(sql.Identifier("public", name) for name in tables)
    connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(names))


def schema_of(connection: sqlite3.Connection | Postgres) -> str | None:
    """The revision of the schema; None where there is none."""
    return _one(connection, "SELECT version_num FROM alembic_version")  # type: ignore[no-any-return]


def head_of(connection: sqlite3.Connection | Postgres) -> tuple[int, str]:
    """Number and hash of the newest entry of the log; (0, "") before the first."""
    row: Any = connection.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (int(row[0]), bytes(row[1]).hex()) if row else (0, "")


def entry_hash(session: Session, seq: int) -> str | None:
    """Hash of an entry of the log; None when there is no such entry."""
    found = session.scalar(sa.select(AuditEntry.hash).where(AuditEntry.seq == seq))
    return None if found is None else bytes(found).hex()


def newest_sealed(session: Session) -> bytes | None:
    """The sealed details of the newest declaration."""
    return session.scalar(sa.select(Declaration.details).order_by(Declaration.made_at.desc()).limit(1))


def _one(connection: sqlite3.Connection | Postgres, query: str) -> Any:
    row: Any = connection.execute(query).fetchone()  # type: ignore[arg-type]
    return row[0] if row else None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
