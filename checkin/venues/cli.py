from pathlib import Path

import click
from flask.cli import AppGroup

from checkin import context
from checkin.db import db, reading
from checkin.venues import queries
from checkin.venues.codes import normalise
from checkin.venues.posters import poster_pdf
from checkin.venues.sheets import poster_of

group = AppGroup("venues", help="Venues, their codes and posters.")


@group.command("codes")
def codes() -> None:
    """Every code in force: code, tab, venue's name, one a line."""
    with reading():
        for code, name in queries.all_codes(db.session()):
            click.echo(f"{code}\t{name}")


@group.command("poster")
@click.argument("code")
@click.option("--form", type=click.Choice(["a4"]), default="a4", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def poster(code: str, form: str, out: Path) -> None:
    """Write the poster of CODE as PDF."""
    with reading():
        door = queries.door(db.session(), normalise(code[:100]))
    if door is None:
        raise click.ClickException(f"no such code: {code}")
    if door.revoked:
        raise click.ClickException(f"this code was revoked: {code}")
    out.write_bytes(poster_pdf([poster_of(door, context.config())], form=form, made_at=door.issued_at))
    click.echo(str(out))
