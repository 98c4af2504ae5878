import click
from flask.cli import AppGroup

from checkin import clock, context, scope
from checkin.accounts import queries, service
from checkin.accounts.logins import normalise_login
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
    scope.enter(db.session(), scope.SYSTEM)
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


@group.command("reset-factor")
@click.option("--login", required=True)
def reset_factor(login: str) -> None:
    """Take the second factor off an account whose phone and codes are gone; its sessions end."""
    session, vault = db.session(), context.vault()
    scope.enter(session, scope.SYSTEM)
    indexes = {service.login_index(vault, normalise_login(login), role) for role in ROLES}
    # The same login may be an owner's and a staff member's: with a factor is who cannot sign in.
    found = [account for account in queries.by_logins(session, indexes) if account.factor is not None]
    if len(found) != 1:
        raise click.ClickException("no account with this login has a second factor" if not found else "two have")
    service.remove_factor(session, now=clock.now(), actor=Actor.command("accounts reset-factor"), account=found[0])
    session.commit()
    click.echo(f"{found[0].role}: the next sign-in asks to set up a second factor again")
