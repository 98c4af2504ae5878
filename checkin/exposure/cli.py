import resource

import click
from flask.cli import AppGroup

from checkin import clock
from checkin.db import db
from checkin.exposure import jobs, service

group = AppGroup("exposure", help="Files of what lookups found.")


@group.command("export")
def export() -> None:
    """Make the files that are asked for, one after the other, until none waits; the pages start this."""
    # Names are open in memory here: a process that breaks leaves no picture of it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    click.echo(f"exports: {jobs.work()} made")


@group.command("purge")
def purge() -> None:
    """Take away the files whose time is over: an hour after they were made, ten minutes after a download."""
    gone = service.purge_exports(db.session(), now=clock.now())
    db.session.commit()
    click.echo(f"exports: {gone} pieces removed")
