from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup

from checkin import clock, context, scope
from checkin.audit import exporting, queries, sealing, seals, service
from checkin.audit.entry import Actor
from checkin.db import db, reading

group = AppGroup("audit", help="The log of who read and changed what.")

WORDS = {
    "unreadable": "line {0} of the seals cannot be read",
    "forged": "seal {0} is forged: no known key signed it",
    "missing": "seal {0} does not follow the line before it: a line was taken out, put in or changed",
    "backwards": "seal {0} covers less than the one before it",
    "cut": "the log was cut off: seal {0} covers entry {1}, which is not there",
    "rewritten": "the log was written anew: entry {1} is not what seal {0} covers",
    "gone": "seal {0}, which entry {1} of the log notes, is in no file: it was taken out",
}


@group.command("verify")
@click.option("--file", "exported", type=click.Path(exists=True, path_type=Path), help="Check an export instead.")
@click.option("--seals", "files", multiple=True, type=click.Path(path_type=Path), help="Files of seals.")
@click.option("--key", "keys", multiple=True, help="Public halves of former sealing keys, in hex.")
@click.option("--since", default=0, help="Seals noted before this entry are in files put away.")
def verify(exported: Path | None, files: tuple[Path, ...], keys: tuple[str, ...], since: int) -> None:
    """Check that no entry was changed, added, taken out or cut off, and that every seal holds."""
    if exported is not None:
        _verify_file(exported)
        return
    known = {key.lower() for key in keys} | _own_keys()
    scope.enter(db.session(), scope.SYSTEM)
    service.lock_chain(db.session())
    db.session.commit()
    with reading():
        report = sealing.check(db.session(), files or (context.config().audit_seals,), known, since=since)
    wrong = [f"the chain is broken at entry {report.broken}"] if report.broken is not None else []
    wrong += [WORDS[problem.what].format(problem.seal, problem.seq) for problem in report.problems]
    if wrong:
        raise click.ClickException("\n       ".join(wrong))
    click.echo(f"ok: {report.entries} entries, head {report.head.hex()}")
    if report.newest is None:
        click.echo("not covered by any seal: a log that was cut off or written anew would not be found")
    else:
        click.echo(
            f"ok: {report.seals} seals, the newest of {report.newest.at} covers entry {report.newest.seq}; "
            + _unsealed(report.entries - report.newest.seq)
        )


def _unsealed(count: int) -> str:
    """How many entries no seal covers yet; each seal is itself noted in an entry, which the next one covers."""
    if count <= 1:
        return "since then the log has the entry of that seal itself" if count else "nothing since then"
    return f"{count} entries since then are not sealed yet, one of them that seal's own"


def _own_keys() -> set[str]:
    """Public halves of the sealing keys that are here, former ones too."""
    vault = context.vault()
    own = [*vault.former.get("seal", ()), *([vault.secrets["seal"]] if "seal" in vault.secrets else ())]
    return {seals.public_half(seed) for seed in own}


def _verify_file(path: Path) -> None:
    with path.open(encoding="utf-8") as file:
        try:
            first, last, head = exporting.check(file)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    click.echo(f"ok: entries {first} to {last}, head {head}")


@group.command("seal")
def seal() -> None:
    """Sign the head of the log and append it to the file of seals (AUDIT_SEALS)."""
    seed, path = context.vault().secrets.get("seal"), context.config().audit_seals
    if seed is None:
        raise click.ClickException("the sealing key is where staff work, not in the public tier")
    scope.enter(db.session(), scope.SYSTEM)
    try:
        made = sealing.seal_head(db.session(), seed, path, now=clock.now())
        db.session.commit()
    except (sealing.SealError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"sealed: entry {made.seq} as seal {made.seal} in {path}" if made else "nothing new to seal since the last seal"
    )


@group.command("key")
def key() -> None:
    """Print the public half of the sealing key, for whoever checks the seals elsewhere."""
    seed = context.vault().secrets.get("seal")
    if seed is None:
        raise click.ClickException("the sealing key is where staff work, not in the public tier")
    click.echo(seals.public_half(seed))


@group.command("export")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day, in the province.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day, in the province.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A new file; .csv for a spreadsheet.")
def export(first: datetime | None, last: datetime | None, out: Path) -> None:
    """Write the entries of some days, or all: JSON lines that `verify --file` checks, or CSV."""
    start = clock.day_bounds(first.date())[0] if first else None
    end = clock.day_bounds(last.date())[1] if last else None
    session = db.session()
    scope.enter(session, scope.SYSTEM)
    service.lock_chain(session)
    span = queries.span(session, start, end)
    days = {"from": first.date().isoformat() if first else None, "to": last.date().isoformat() if last else None}
    service.record(
        session, now=clock.now(), actor=Actor.command("audit export"), action="audit.export", subject=out.name,
        rows=max(0, span[1] - span[0] + 1), detail=days,
    )  # fmt: skip
    db.session.commit()
    written = exporting.csv_lines if out.suffix.lower() == ".csv" else exporting.json_lines
    try:
        with reading(), out.open("x", encoding="utf-8", errors="replace", newline="") as file:
            file.writelines(written(queries.fields_of(session, *span)))
    except OSError as error:
        raise click.ClickException(f"{out}: {error.strerror}") from error
    click.echo(f"exported: entries {span[0]} to {span[1]}" if span[1] else "exported: no entry of these days")


@group.command("unusual")
def unusual() -> None:
    """Look through the log for use that stands out, as the hourly round does."""
    from checkin.audit import watching

    found = watching.look(db.session(), now=clock.now())
    db.session.commit()
    click.echo(f"unusual: {found} findings")
