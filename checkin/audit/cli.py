import click
from flask.cli import AppGroup

from checkin.audit import queries
from checkin.db import db, reading

group = AppGroup("audit", help="The log of who read and changed what.")


@group.command("verify")
def verify() -> None:
    """Check that no entry was changed, added or taken out."""
    with reading():
        broken = queries.broken_link(db.session())
        last, head = queries.last_link(db.session())
    if broken is not None:
        raise click.ClickException(f"the chain is broken at entry {broken}")
    click.echo(f"ok: {last} entries, head {head.hex()}")
