import click
from flask.cli import AppGroup

from checkin import scope
from checkin.db import db, reading
from checkin.venues import queries

group = AppGroup("venues", help="Venues and their codes.")


@group.command("codes")
def codes() -> None:
    """Every code in force: code, tab, venue's name, one a line."""
    with reading():
        scope.enter(db.session(), scope.SYSTEM)
        for code, name in queries.all_codes(db.session()):
            click.echo(f"{code}\t{name}")
