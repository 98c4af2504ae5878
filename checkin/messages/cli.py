import click
from flask.cli import AppGroup

from checkin.db import db
from checkin.messages.sending import send_round

group = AppGroup("messages", help="Mail and text messages that wait to be sent.")


@group.command("send")
def send() -> None:
    """Send what is due now. The server does it by itself every few seconds."""
    outcomes = send_round(db.session())
    click.echo(", ".join(f"{name}: {count}" for name, count in sorted(outcomes.items())) or "nothing is due")
