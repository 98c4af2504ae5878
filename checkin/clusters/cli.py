import click
from flask.cli import AppGroup

from checkin import clock, scope
from checkin.clusters import looking
from checkin.db import db

group = AppGroup("signals", help="What stands out: cases that share places, symptoms that pile up.")


@group.command("find")
def find() -> None:
    """Do what the hourly round does, now; doing it again changes nothing."""
    scope.enter(db.session(), scope.SYSTEM)
    cases, symptoms = looking.look(db.session(), now=clock.now())
    db.session.commit()
    click.echo(f"signals: {cases} of cases, {symptoms} of symptoms")
