import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import sqlalchemy as sa

from checkin import clock, context
from checkin.db import owner_session
from checkin.loading import service
from checkin.loading.batches import Job
from checkin.loading.files import BadFile, Sheet, open_sheet
from checkin.loading.loading import Totals
from checkin.loading.loading import load as load_sheet
from checkin.loading.reasons import WORDS
from checkin.loading.refusals import Refusals
from checkin.loading.workers import Stopped

MESSAGES = {
    "empty": "the file is empty",
    "utf16": "the file is in UTF-16: save it as 'CSV UTF-8'",
    "encoding": "line {detail} is not UTF-8: save the file as 'CSV UTF-8'",
    "header": "the first line must name the columns, with commas or semicolons: {detail}",
    "missing": "columns are missing in the first line: {detail}",
    "twice": "columns are there twice: {detail}",
    "ended": "a process was ended from outside",
    "failed": "something failed ({detail})",
}
AGAIN = "Whole batches are stored and nothing else. Run the same command again: what is there is not added twice."
EVERY = 2.0  # seconds between two lines of progress


@click.command("load")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--preview", is_flag=True, help="Count only, store nothing.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="A new file for the refused rows.")
@click.option("--processes", type=click.IntRange(1, 16), default=2, show_default=True)
def load(file: Path, preview: bool, report: Path | None, processes: int) -> None:
    """Store visits from a CSV FILE of paper logs or another system; see docs/loading.md."""
    job = Job(context.config(), clock.now(), preview)
    totals, started, stopped = Totals(), time.perf_counter(), ""
    with _clear_messages(report):
        sheet = open_sheet(file)
        if sheet.ignored:
            click.echo(f"columns that are not used: {', '.join(sheet.ignored)[:500]}")
        with Refusals(report, sheet) as refusals:
            if not preview:
                with owner_session(job.config) as session:
                    service.record_start(session, now=job.now, sha256=sheet.sha256)
                    session.commit()
            try:
                progress = _Progress(sheet, totals)
                load_sheet(sheet, job, processes=processes, totals=totals, refusals=refusals, progress=progress)
            except Stopped as error:
                stopped = MESSAGES[error.reason].format(detail=error.detail)
            except KeyboardInterrupt:
                stopped = "stopped by hand"
            if not preview:
                with owner_session(job.config) as session:
                    counts, whole = totals.counts, not stopped
                    service.record_end(session, now=clock.now(), sha256=sheet.sha256, counts=counts, whole=whole)
                    session.commit()
    _say(totals, report, time.perf_counter() - started)
    if sheet.changed():
        stopped = stopped or "the file was changed while it was read"
    if stopped:
        raise click.ClickException(f"{stopped}. {'' if preview else AGAIN}")
    counts = totals.counts
    if preview:
        counts = {"new" if name == "created" else name: count for name, count in counts.items()}
    click.echo(json.dumps(counts))


@contextmanager
def _clear_messages(report: Path | None) -> Iterator[None]:
    """Whatever cannot be done is said in one line, and never with a cell of the file in it."""
    try:
        yield
    except BadFile as error:
        raise click.ClickException(MESSAGES[error.reason].format(detail=error.detail)) from None
    except FileExistsError:
        raise click.ClickException(f"{report} exists already: take it away or name another file") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or report}: {error.strerror}") from None
    except sa.exc.DBAPIError as error:
        raise click.ClickException(f"the database cannot be used ({type(error.orig).__name__})") from None


class _Progress:
    """A line now and then: how far, how fast, how long yet."""

    def __init__(self, sheet: Sheet, totals: Totals) -> None:
        self.sheet, self.totals = sheet, totals
        self.started = self.said = time.perf_counter()

    def __call__(self, line: int) -> None:
        now = time.perf_counter()
        if now - self.said < EVERY:
            return
        self.said = now
        rows, took = self.totals.rows, now - self.started
        share = min(max(line / self.sheet.lines, 0.001), 1.0)
        left = took / share - took
        click.echo(
            f"{rows:,} rows, {share:.0%}, {rows / took:,.0f} rows/s, {left // 60:.0f} min {left % 60:.0f} s left"
        )


def _say(totals: Totals, report: Path | None, took: float) -> None:
    """What was refused, by reason: line numbers alone, no cell of anybody."""
    for reason, count in totals.reasons.most_common():
        examples = totals.examples[reason]
        lines = ", ".join(map(str, examples)) + (" ..." if count > len(examples) else "")
        click.echo(f"refused, {WORDS[reason]}: {count:,} (lines {lines})")
    if totals.rejected and report:
        click.echo(f"refused rows are in {report}")
    elif totals.rejected:
        click.echo("with --report BAD.csv the refused rows are written to a file with their reasons")
    click.echo(f"{totals.rows:,} rows in {took:.1f} s")
