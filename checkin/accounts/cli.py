import click
from flask.cli import AppGroup

from checkin import clock, context
from checkin.accounts import service
from checkin.accounts.models import ROLES
from checkin.audit.entry import Actor
from checkin.db import db
from checkin.errors import DomainError
from checkin.places import queries as places

group = AppGroup("accounts", help="Accounts of owners and staff.")


WHY = {
    "short": "the password needs 15 characters or more (8 for owners)",
    "long": "the password may have 200 characters at most",
    "common": "the password is easy to guess",
    "taken": "this login is taken",
    "login": "the login is too short",
    "commune": "the role commune needs --commune with the code of a commune, other roles none",
}


def _known_commune(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and places.commune(db.session(), value) is None:
        raise click.BadParameter(f"no such commune: {value}")
    return value


@group.command("create")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--login", required=True)
@click.option("--commune", callback=_known_commune, help="Code of the commune, for the role commune.")
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
        raise click.ClickException(f"cannot make this account: {WHY.get(error.reason, error.reason)}") from error
    db.session.commit()
    click.echo(f"{role}: {login}")
