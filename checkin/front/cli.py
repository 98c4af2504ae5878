import click
from flask.cli import AppGroup

from checkin.front.privacy import DOCUMENT, document

group = AppGroup("privacy", help="What visitors are told of their data.")


@group.command("write")
def write() -> None:
    """Write docs/privacy.md from the texts and the rules."""
    DOCUMENT.write_text(document(), encoding="utf-8")
    click.echo(f"written: {DOCUMENT.name}")
