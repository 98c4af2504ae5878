import click
from flask.cli import AppGroup

from checkin import clock, context
from checkin.accounts import service
from checkin.accounts.models import ROLES
from checkin.audit.entry import Actor
from checkin.db import db
from checkin.errors import DomainError

group = AppGroup("accounts", help="Accounts of owners and staff.")


@group.command("create")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--login", required=True)
@click.option("--commune", help="Code of the commune, for the role commune.")
@click.password_option(help="Asked for when left out; 15 characters or more for staff.")
def create(role: str, login: str, commune: str | None, password: str) -> None:
    """Make an account, the first administrator among them."""
    try:
        service.create(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=Actor.command("accounts create"),
            login=login,
            password=password,
            role=role,
            commune_id=commune,
        )
    except DomainError as error:
        raise click.ClickException(f"cannot make this account: {error.reason}") from error
    db.session.commit()
    click.echo(f"{role}: {login}")
