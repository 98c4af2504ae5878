from pathlib import Path

import click
from flask.cli import AppGroup, with_appcontext

from checkin import clock, context, scope
from checkin.db import db, reading
from checkin.places import queries as places
from checkin.posters import jobs, queries, service
from checkin.posters.bundles import PER_FILE, bundles
from checkin.posters.layouts import LAYOUTS, alone
from checkin.posters.pdf import poster_pdf
from checkin.posters.sheets import poster_of
from checkin.posters.words import LABELS
from checkin.venues import queries as venues
from checkin.venues.codes import normalise

group = AppGroup("posters", help="Posters of many codes.")
form_option = click.option("--form", type=click.Choice(list(LAYOUTS)), default="a4", show_default=True)
language_option = click.option(
    "--language", type=click.Choice(list(LABELS)), default="vi", show_default=True, help="The language on the wall."
)


@click.command("poster")
@with_appcontext
@click.argument("code")
@form_option
@language_option
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def poster(code: str, form: str, language: str, out: Path) -> None:
    """Write the poster of CODE as PDF."""
    wanted = normalise(code[:100])
    with reading():
        scope.enter(db.session(), scope.SYSTEM)
        doors = queries.printed(db.session(), [wanted])
        known = doors or venues.door(db.session(), wanted)
    if not known:
        raise click.ClickException(f"no such code: {code}")
    if not doors:
        raise click.ClickException(f"this code was revoked: {code}")
    one = poster_of(doors[0], context.config(), language)
    out.write_bytes(poster_pdf(alone(one, form), form, made_at=doors[0].issued_at))
    click.echo(str(out))


@group.command("make")
def make() -> None:
    """Make the posters that are asked for, one job after the other, until none waits; the pages start this."""
    click.echo(f"posters: {jobs.work()} made")


@group.command("purge")
def purge() -> None:
    """Take away the files whose time is over: a day after they were made."""
    scope.enter(db.session(), scope.SYSTEM)
    gone = service.purge(db.session(), now=clock.now())
    db.session.commit()
    click.echo(f"posters: {gone} files removed")


@group.command("print")
@form_option
@language_option
@click.option("--commune", help="The code of a commune; without it the whole province, a file or more for each.")
@click.option(
    "--per-file", type=click.IntRange(1, 5000), default=PER_FILE, show_default=True, help="Posters in a file."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A folder.")
def print_all(form: str, language: str, commune: str | None, per_file: int, out: Path) -> None:
    """Write the posters of every code in force as PDF files into a folder, by commune."""
    session, config = db.session(), context.config()
    with reading():
        scope.enter(session, scope.SYSTEM)
        communes = {unit.id: unit.full_name for unit in places.communes_of(session, config.province) or ()}
        if commune is not None and commune not in communes:
            raise click.ClickException(f"no such commune in this province: {commune}")
        listed = queries.codes_to_print(session, commune)
        session.rollback()
    if not listed:
        raise click.ClickException("no code is in force there")
    out.mkdir(parents=True, exist_ok=True)
    total = 0
    for bundle in bundles(listed, form, communes, per_file):
        posters = jobs.Counted(jobs.posters_of(session, bundle.codes, config, language))
        if posters.any:
            (out / bundle.name).write_bytes(poster_pdf(posters, form, made_at=clock.now()))
            total += posters.number
            click.echo(f"{bundle.name}\t{posters.number}")
    click.echo(f"posters: {total} of {len(listed)} codes in {out}")
