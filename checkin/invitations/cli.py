import click
from flask.cli import with_appcontext

from checkin import clock, context, scope
from checkin.accounts.models import STAFF
from checkin.audit.entry import Actor
from checkin.db import db
from checkin.errors import DomainError
from checkin.invitations import service
from checkin.places import queries as places

WHY = {
    "taken": "this login has an account",
    "login": "the login is too short",
    "commune": "the role commune needs --commune with the code of a commune, other roles none",
}


@click.command("invite")
@click.option("--role", type=click.Choice(STAFF), required=True)
@click.option("--login", required=True)
@click.option("--commune", help="Code of the commune, for the role commune.")
@with_appcontext
def invite(role: str, login: str, commune: str | None) -> None:
    """Print a link over which somebody sets their own password; it works once, for 72 hours."""
    session = db.session()
    scope.enter(session, scope.SYSTEM)
    if commune is not None and places.commune(session, commune) is None:
        raise click.BadParameter(f"no such commune: {commune}")
    try:
        _, token = service.invite(
            session,
            context.vault(),
            now=clock.now(),
            actor=Actor.command("accounts invite"),
            login=login,
            role=role,
            commune_id=commune,
        )
    except DomainError as error:
        raise click.ClickException(f"cannot invite: {WHY.get(error.reason, error.reason)}") from error
    session.commit()
    if context.config().trial:
        click.echo("PUBLIC_ORIGIN is not set here: this link opens on this computer alone", err=True)
    click.echo(f"{context.config().public_origin}/invitation/{token}")
