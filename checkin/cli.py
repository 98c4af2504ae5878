"""The command line: one group per feature, and `setup`, which brings an instance up to date."""

from importlib import import_module
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from flask_migrate import upgrade

from checkin import clock, context, scope, tiers
from checkin.db import db

GROUPS = (
    "checkin.accounts.cli",
    "checkin.messages.cli",
    "checkin.audit.cli",
    "checkin.places.cli",
    "checkin.venues.cli",
    "checkin.posters.cli",
    "checkin.register.cli",
    "checkin.cases.cli",
    "checkin.exposure.cli",
    "checkin.clusters.cli",
    "checkin.tiers",
    "checkin.workers.cli",
    "checkin.api.cli",
    "checkin.front.cli",
    "checkin.backup.cli",
    "checkin.keyring.cli",
    "checkin.demo.cli",
)
# What is done with visits, by the feature that does it.
VISITS = {
    "checkin.store.cli": ("partitions", "expire"),
    "checkin.loading.cli": ("load",),
    "checkin.doubles.cli": ("doubles",),
}


def init_app(app: Flask) -> None:
    for module in GROUPS:
        app.cli.add_command(import_module(module).group)
    # Under the accounts and venues, whose features know nothing of invitations and posters.
    import_module("checkin.accounts.cli").group.add_command(import_module("checkin.invitations.cli").invite)
    import_module("checkin.venues.cli").group.add_command(import_module("checkin.posters.cli").poster)
    # Under the venues, which know nothing of registers.
    import_module("checkin.venues.cli").group.add_command(import_module("checkin.register.cli").import_venues)
    # Under the cases, which know nothing of lookups.
    for command in ("contacts", "complete_reasons"):
        import_module("checkin.cases.cli").group.add_command(getattr(import_module("checkin.exposure.cli"), command))
    import_module("checkin.cases.cli").group.add_command(import_module("checkin.derivations.cli").derive)
    visits = AppGroup("visits", help="The visit store.")
    for name, commands in VISITS.items():
        for command in commands:
            visits.add_command(getattr(import_module(name), command))
    app.cli.add_command(visits)
    app.cli.add_command(setup)


@click.command("setup")
def setup() -> None:
    """Migrate the database, load the places, and on first run build the demo province."""
    from checkin.accounts import queries as accounts
    from checkin.demo import build
    from checkin.places import queries as places
    from checkin.places import service
    from checkin.store import service as store

    config = context.config()
    config.instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    upgrade(directory=str(Path(__file__).resolve().parent / "migrations"))
    tiers.renew(config.migrate_url)
    session = db.session()
    if config.tier == "staff":
        scope.enter(session, scope.SYSTEM)
    if not places.is_loaded(session):
        click.echo(f"places: {service.load(session)} loaded")
    store.open_days_ahead(session, clock.today())
    session.commit()
    if not places.communes_of(session, config.province):
        raise click.ClickException(f"CHECKIN_PROVINCE={config.province}: there is no such province")
    if config.tier == "public":
        return  # its role sees no staff, so whether somebody can administer is not for it to say
    if config.demo and not accounts.any_admin(session):
        build.demo(session, context.vault(), config, clock.now(), click.echo)
        session.commit()
    elif not accounts.any_admin(session):
        click.echo(
            "Nobody can administer yet. Make the first administrator:\n"
            "  .venv/bin/flask --app wsgi accounts create --role admin --login ADDRESS"
        )
