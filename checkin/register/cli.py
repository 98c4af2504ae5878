import json
import os
import time
from pathlib import Path

import click
from flask.cli import AppGroup

from checkin import clock, context, scope
from checkin.audit.entry import Actor
from checkin.db import db
from checkin.places.gazetteer import gazetteer
from checkin.places.rows import COMMUNE
from checkin.register import jobs, service
from checkin.register.communes import bare
from checkin.register.reasons import FILES
from checkin.register.rows import Terms
from checkin.register.running import summed
from checkin.register.showing import refused_lines
from checkin.register.tables import LARGEST, BadFile, read
from checkin.register.writing import Importing, Looking, work

group = AppGroup("register", help="Registers of businesses that pages were given.")
ACTOR = Actor.command("venues import")


@group.command("work")
def work_through() -> None:
    """Look through or import what waits, one after the other; the pages start this."""
    with jobs.bounded_memory():
        click.echo(f"registers: {jobs.work_through()} done")


@group.command("purge")
def purge() -> None:
    """Take away the files whose day is over."""
    scope.enter(db.session(), scope.SYSTEM)
    gone = service.purge(db.session(), now=clock.now())
    db.session.commit()
    click.echo(f"registers: {gone} pieces removed")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="A new file for the refused rows.")
@click.option("--preview", is_flag=True, help="Count only, store nothing.")
@click.option(
    "--commune", "chosen", multiple=True, help='NAME=CODE: what a doubtful name means, such as "Hạ Long=06652".'
)
def import_venues(file: Path, report: Path | None, preview: bool, chosen: tuple[str, ...]) -> None:
    """Import a register of businesses, a CSV or XLSX FILE; see docs/register.md."""
    config = context.config()
    if config.tier == "public":
        raise click.ClickException("the public tier makes no venues for others: run this in the staff tier")
    terms = Terms(config.province, None, dict(_choice(text, config.province) for text in chosen))
    with jobs.bounded_memory():
        _import(file, report, terms, preview=preview)


def _import(file: Path, report: Path | None, terms: Terms, *, preview: bool) -> None:
    started = time.perf_counter()
    try:
        if file.stat().st_size > LARGEST:
            raise BadFile("large")
        table = read(file.read_bytes())
    except BadFile as error:
        raise click.ClickException(str(FILES[error.reason]) % {"detail": error.detail}) from None
    except MemoryError:
        raise click.ClickException(str(FILES["memory"])) from None
    if table.header.ignored:
        click.echo(f"columns that are not used: {', '.join(table.header.ignored)[:500]}")
    out = _new_file(report)
    session, vault = db.session(), context.vault()
    subject = table.sha256[:32]
    if not preview:
        scope.enter(session, scope.SYSTEM)
        service.record_loaded(
            session, now=clock.now(), actor=ACTOR, subject=subject, sha256=table.sha256, counts={}, whole=False
        )
        session.commit()
    way = (Looking if preview else Importing)(session, vault, scope.SYSTEM)
    found = work(table, terms, way, _Progress(len(table.rows)))
    counts = summed(found.counts)
    if not preview:
        scope.enter(session, scope.SYSTEM)
        service.record_loaded(
            session, now=clock.now(), actor=ACTOR, subject=subject, sha256=table.sha256, counts=counts, whole=True
        )
        session.commit()
    for asked, rows in found.questions().values():
        names = ", ".join(f"{row.full_name} ({row.code})" for row in asked.communes)
        click.echo(f'doubtful, {rows:,} rows: --commune "{asked.commune}=CODE" with one of {names}')
    if report is not None and out is not None:
        with os.fdopen(out, "wb") as sink:
            sink.writelines(refused_lines(found, table.header))
        click.echo(f"refused rows are in {report}" if counts["rejected"] else f"{report}: no row was refused")
    click.echo(f"{counts['rows']:,} rows in {time.perf_counter() - started:.1f} s")
    click.echo(json.dumps(counts))


def _choice(text: str, province: str) -> tuple[str, str]:
    name, _, code = text.rpartition("=")
    row = gazetteer().units[COMMUNE].get(code.strip())
    if row is None or row.parent != province or not name.strip():
        raise click.ClickException(
            f"--commune {text}: write NAME=CODE with the five digits of a commune of the province"
        )
    return bare(name), row.id


def _new_file(report: Path | None) -> int | None:
    """A file for nobody else's eyes; made at once, so that a name that cannot be used is said before the work."""
    if report is None:
        return None
    try:
        return os.open(report, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise click.ClickException(f"{report} exists already: take it away or name another file") from None
    except OSError as error:
        raise click.ClickException(f"{report}: {error.strerror}") from None


class _Progress:
    """A line every two seconds: how far."""

    def __init__(self, total: int) -> None:
        self.total, self.spoke = total, time.perf_counter()

    def __call__(self, done: int) -> None:
        if time.perf_counter() - self.spoke >= 2:
            self.spoke = time.perf_counter()
            click.echo(f"{done:,} of {self.total:,} rows")
