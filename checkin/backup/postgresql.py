"""PostgreSQL: pg_dump and pg_restore, as the owner of the tables, with the sums made in the same snapshot."""

import contextlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import make_conninfo

from checkin.backup import queries
from checkin.backup.manifest import BackupError, Manifest, Say, TableSum, Taken, as_hex, differences, summed
from checkin.backup.programs import environment, parameters, program, running

FILE = "database.dump"
DUMP = (
    "--format=custom",
    "--compress=1",  # sealed details do not pack; more effort costs time and gains little
    "--encoding=UTF8",
    # Roles are the server's, not the database's: what they may do is given again after a restore.
    "--no-owner",
    "--no-privileges",
    "--no-publications",
    "--no-subscriptions",
    # Row-level security is forced on the owner too. That no policy hides rows is seen before and after.
    "--enable-row-security",
    # A row finds its day again by itself, and a dump's rows stand under their table's name.
    "--load-via-partition-root",
)
# Policies name roles that the other server may not have; `database grant` makes them, and the marks on them, anew.
LEFT_OUT = re.compile(r"^\d+; \d+ \d+ (POLICY|ROW SECURITY|COMMENT \S+ POLICY) ")
COPY = re.compile(rb"^COPY public\.(\S+) \((.*)\) FROM stdin;\n$")
END = b"\\.\n"


def needed(url: str) -> int:
    """Bytes that a copy takes at most; raises BackupError where this role may not copy."""
    with _connected(url) as connection:
        if others := queries.others_tables(connection):
            raise BackupError(
                f"this role does not own {', '.join(others[:5])}: a copy is made by the owner of the tables, whom "
                "MIGRATE_URL names"
            )
        return queries.postgresql_size(connection)


def take(url: str, file: Path, say: Say) -> Taken:
    """Dump the database into a new file; raises BackupError."""
    with _connected(url) as connection:
        tables = queries.postgresql_tables(connection)
        if "alembic_version" not in tables:
            raise BackupError("the database has no tables of ours yet: nothing to copy")
        dump, version = program("pg_dump", queries.postgresql_version(connection))
        snapshot = queries.begin_snapshot(connection, tables)
        if hiding := queries.hiding_tables(connection):
            raise BackupError(
                f"row-level security may hide rows of {', '.join(hiding[:5])} from this role, and a copy would "
                "silently lack them: set MIGRATE_URL to the owner of the tables and run 'database grant' once more"
            )
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with running(dump, *DUMP, f"--snapshot={snapshot}", f"--file={file}", env=environment(url)):
            sums = queries.postgresql_sums(connection, tables, say)
            entries, head = queries.head_of(connection)
            schema = queries.schema_of(connection)
        connection.execute("ROLLBACK")
    return Taken(
        engine="postgresql",
        client=version,
        schema=schema or "",
        tables=sums,
        audit_entries=entries,
        audit_head=head,
    )


def check(file: Path, manifest: Manifest, say: Say) -> list[str]:
    """What in a dump is not as the manifest says; empty when all is. Reads it whole, without a server."""
    restore, _version = program("pg_restore", manifest.client)
    with running(restore, "--data-only", "--file=-", str(file), env=_no_server(), stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise RuntimeError("no pipe")
        found = _sums_of(process.stdout, say)
    empty = {name: TableSum(table.columns, 0, as_hex(0)) for name, table in manifest.tables.items()}
    return differences(manifest.tables, {**empty, **found})


def things_in(url: str) -> list[str]:
    """Names of what is in the database that is to be filled."""
    with _connected(url) as connection:
        return queries.things_in_postgresql(connection)


def load(url: str, file: Path, manifest: Manifest, say: Say) -> None:
    """Put a dump into the empty database, whole or not at all, and compare; raises BackupError."""
    with _connected(url) as connection:
        restore, _version = program("pg_restore", max(manifest.client, queries.postgresql_version(connection)))
    env = environment(url)
    with tempfile.TemporaryDirectory() as folder:
        chosen = Path(folder) / "list"
        with running(restore, "--list", str(file), env=_no_server(), stdout=subprocess.PIPE) as process:
            listed = process.communicate()[0].decode()
        chosen.write_text("".join(line for line in listed.splitlines(True) if not LEFT_OUT.match(line)))
        arguments = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", f"--use-list={chosen}")
        database = make_conninfo("", dbname=parameters(url).get("dbname"))
        with running(restore, *arguments, f"--dbname={database}", str(file), env=env):
            pass
    say("  rows are in; comparing each table")
    with _connected(url) as connection:
        found = queries.postgresql_sums(connection, queries.postgresql_tables(connection), say)
        if wrong := differences(manifest.tables, found):
            raise BackupError("restored, but not equal to the backup, so do not use it: " + "; ".join(wrong))
        queries.vacuum(connection, found)


def _sums_of(lines: Iterable[bytes], say: Say) -> dict[str, TableSum]:
    """Rows and sums of the tables in a dump's text; a table of many partitions comes in many parts."""
    found: dict[str, TableSum] = {}
    totals: dict[str, int] = {}
    rows = iter(lines)
    for line in rows:
        if not (start := COPY.match(line)):
            continue
        name = _name(start[1])
        columns = tuple(_name(column) for column in start[2].split(b", "))
        count, total = summed(_until_end(rows), say, name)
        before = found.get(name, TableSum(columns, 0, ""))
        totals[name] = totals.get(name, 0) + total
        found[name] = TableSum(columns, before.rows + count, as_hex(totals[name]))
    return found


def _until_end(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if line == END:
            return
        yield line
    raise BackupError("the dump ends in the middle of a table")


def _name(quoted: bytes) -> str:
    return quoted.decode().strip('"')


def _no_server() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}


@contextlib.contextmanager
def _connected(url: str) -> Iterator[queries.Postgres]:
    try:
        with psycopg.connect(
            **{"connect_timeout": 10, **parameters(url), "client_encoding": "UTF8"}, autocommit=True
        ) as connection:
            queries.plain_text(connection)
            yield connection
    except psycopg.Error as error:
        # The first line alone: those below can repeat a row.
        raise BackupError(f"PostgreSQL says: {str(error).strip().splitlines()[0][:300]}") from None
