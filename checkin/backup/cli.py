import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import click
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask.cli import AppGroup
from flask_migrate import upgrade

from checkin import clock, context
from checkin.backup import copies, service
from checkin.backup.manifest import BackupError, Manifest
from checkin.config import ROOT
from checkin.db import owner_session

group = AppGroup("backup", help="Copies of the database, and the way back.")
MIGRATIONS = str(ROOT / "checkin" / "migrations")
FOLDER = click.Path(path_type=Path)


@group.command("create")
@click.argument("folder", type=FOLDER)
def create(folder: Path) -> None:
    """Copy the whole database into the new FOLDER, while people check in, and read the copy back."""
    config, vault, started = context.config(), context.vault(), time.monotonic()
    folder = folder.absolute()
    with _in_words():
        copies.prepare(config.migrate_url, folder)
        # On record before the first row is read, as every reading of people is.
        with owner_session(config) as session:
            service.begin(session, now=clock.now(), name=folder.name)
            session.commit()
        click.echo(f"copying the {copies.engine_of(config.migrate_url)} database")
        made = copies.make(
            config.migrate_url, folder, now=clock.now(), index_key=service.index_mark(vault), say=click.echo
        )
        with owner_session(config) as session:
            service.made(session, now=clock.now(), name=folder.name, manifest=made)
            session.commit()
    click.echo(f"{folder}: {_summary(made)}, in {time.monotonic() - started:.1f} s")
    click.echo(
        f"The keys are NOT in it. They are in {config.keys}; copy them to another place than this. "
        "Without them nobody reads a name again."
    )


@group.command("verify")
@click.argument("folder", type=FOLDER)
@click.option("--log", is_flag=True, help="Also see that the running database's log still holds what is in FOLDER.")
def verify(folder: Path, log: bool) -> None:
    """See that the copy in FOLDER is as it was made: its file, and the rows in it."""
    with _in_words():
        found = copies.verify(folder, click.echo)
        if log:
            with owner_session(context.config()) as session:
                service.check_log(session, found)
            click.echo("  the running database's log goes on from there")
    click.echo(f"ok: {_summary(found)}, made {found.made_at} by checkin {found.product}")
    click.echo(f"the log then: {found.audit_entries} entries, head {found.audit_head}")


@group.command("restore")
@click.argument("folder", type=FOLDER)
def restore(folder: Path) -> None:
    """Fill the empty database (MIGRATE_URL, or DATABASE_URL) from FOLDER, and compare every table."""
    config, started = context.config(), time.monotonic()
    scripts = ScriptDirectory(MIGRATIONS)
    with _in_words():
        known = [revision.revision for revision in scripts.walk_revisions()]
        found = copies.put_back(config.migrate_url, folder, known, click.echo)
        if newer := found.schema != scripts.get_current_head():
            upgrade(directory=MIGRATIONS)
        with owner_session(config) as session:
            try:
                service.check_log(session, found)
            except BackupError as error:
                raise BackupError(f"every table is restored and equal to the backup, but {error}") from None
            unfit = service.keys_that_do_not_fit(session, context.vault(), found)
            service.restored(session, now=clock.now(), name=folder.absolute().name, manifest=found)
            session.commit()
    migrated = f"; then migrated from {found.schema} to {scripts.get_current_head()}" if newer else ""
    click.echo(
        f"restored: {_summary(found)}, made {found.made_at}; every table equal to the backup, the log whole"
        f"{migrated}, in {time.monotonic() - started:.1f} s"
    )
    if found.engine == "postgresql":
        click.echo("Rights of roles are not in a backup. Where two tiers serve: 'database grant' is the next step.")
    for sentence in unfit:
        click.echo(f"WARNING: {sentence}", err=True)


def _summary(manifest: Manifest) -> str:
    return f"{len(manifest.tables)} tables, {manifest.rows:,} rows, {manifest.bytes:,} bytes, schema {manifest.schema}"


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except BackupError as error:
        raise click.ClickException(str(error)) from None
    except sa.exc.DBAPIError as error:
        raise click.ClickException(f"the database says: {str(error.orig).strip().splitlines()[0][:300]}") from None
