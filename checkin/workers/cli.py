import click
from flask.cli import AppGroup

from checkin.db import db
from checkin.workers import rounds

group = AppGroup("workers", help="People who work at venues.")


@group.command("shifts")
def shifts() -> None:
    """Make visits of the shifts that have begun, as the server's own round does; for a machine's timer."""
    done = rounds.write_all(db.session())
    click.echo(f"people looked at: {done.looked_at}; visits written: {done.written}, taken back: {done.removed}")
