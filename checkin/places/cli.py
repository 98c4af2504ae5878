import click
from flask.cli import AppGroup

from checkin import clock, context
from checkin.audit.entry import Actor
from checkin.db import owner_session
from checkin.phones import display_phone, normalise_phone
from checkin.places import service

group = AppGroup("places", help="Communes and their health stations.")


@group.command("station-phone")
@click.argument("commune")
@click.argument("phone", default="")
def station_phone(commune: str, phone: str) -> None:
    """Say by which PHONE the health station of COMMUNE (its code) is called; without one none is shown any more.

    Visitors who need help are shown it within ten minutes.
    """
    try:
        number = display_phone(normalise_phone(phone)) if phone else ""
    except ValueError as error:
        raise click.ClickException(f"this is no phone number: {phone}") from error
    # Places are the tables' owner's alone: no tier may change them.
    config = context.config()
    with owner_session(config) as session:
        actor = Actor.command("places station-phone")
        name = service.set_station_phone(session, now=clock.now(), actor=actor, commune_id=commune, phone=number)
        if name is None:
            raise click.ClickException(f"no commune of today has this code: {commune}")
        session.commit()
    click.echo(f"{name}: {number or 'no phone'}")
