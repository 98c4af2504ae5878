"""`flask --app wsgi api-tokens`: tokens of other programs, made where no browser is at hand."""

from uuid import UUID

import click
from flask.cli import AppGroup

from checkin import clock, scope
from checkin.api import queries, service
from checkin.api.models import SCOPES
from checkin.audit.entry import Actor
from checkin.db import db
from checkin.errors import AccessDenied, DomainError

group = AppGroup("api-tokens", help="Tokens with which other programs of the CDC call /api/v1.")
ACTOR = Actor.command("flask api-tokens")


@group.command("create")
@click.option("--name", required=True, help="Which program has it; never a person's name.")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="Once for each.")
@click.option(
    "--days", type=click.IntRange(1, service.LONGEST_LIFE), default=service.USUAL_LIFE, show_default=True,
    help="After how many days it opens nothing any more.",
)  # fmt: skip
def create(name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and print it, once: only its hash is kept."""
    session = db.session()
    scope.enter(session, scope.SYSTEM)
    try:
        made, secret = service.create(session, now=clock.now(), actor=ACTOR, name=name, scopes=scopes, days=days)
    except DomainError:
        raise click.UsageError(f"--name must have 1 to {service.LONGEST_NAME} letters") from None
    click.echo(f"{made.id}, until {clock.to_local(made.expires_at):%Y-%m-%d %H:%M}", err=True)
    session.commit()
    click.echo(secret)


@group.command("list")
def show() -> None:
    """List the tokens, the newest first: id, name, scopes, state, until when, last used."""
    session, now = db.session(), clock.now()
    scope.enter(session, scope.SYSTEM)
    for one in queries.newest(session):
        used = f"{clock.to_local(one.used_at):%Y-%m-%d %H:%M}" if one.used_at else "never"
        until = f"{clock.to_local(one.expires_at):%Y-%m-%d}"
        click.echo(f"{one.id}  {one.name}  {','.join(one.scopes)}  {one.state(now)}  until {until}  used {used}")


@group.command("revoke")
@click.argument("token_id", type=click.UUID)
def revoke(token_id: UUID) -> None:
    """Let the token with this id, as `list` says it, open nothing from now on."""
    session = db.session()
    scope.enter(session, scope.SYSTEM)
    try:
        service.revoke(session, now=clock.now(), actor=ACTOR, token_id=token_id)
    except AccessDenied:
        raise click.ClickException("there is no such token, or it was revoked before") from None
    session.commit()
    click.echo("revoked")
