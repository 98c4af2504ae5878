import time

import click
from flask.cli import AppGroup

from checkin import clock, context
from checkin.db import db
from checkin.demo import build as demo
from checkin.demo.generate import generate
from checkin.errors import DomainError
from checkin.places import queries as places

group = AppGroup("demo", help="The demo province.")

REASONS = {
    "venues": "there are venues already: the demo province needs an empty database",
    "taken": "a demo account exists already: the demo province needs an empty database",
}


@group.command("build")
@click.option("--seed", type=int, default=demo.SEED, show_default=True)
@click.option("--venues", type=click.IntRange(min=159), default=demo.VENUES, show_default=True)
@click.option("--visits", type=click.IntRange(min=500), default=demo.VISITS, show_default=True)
@click.option("--days", type=click.IntRange(3, 21), default=demo.DAYS, show_default=True)
def build(seed: int, venues: int, visits: int, days: int) -> None:
    """Fill an empty database that has its places; visits are committed by the thousand."""
    session, config = db.session(), context.config()
    if not places.is_loaded(session):
        raise click.ClickException("the places are not loaded yet: run 'flask --app wsgi setup' with NO_DEMO=1 first")
    started = time.perf_counter()
    try:
        world = generate(seed, now=clock.now(), venues=venues, visits=visits, days=days, province_code=config.province)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    try:
        demo.build(session, context.vault(), config, world, click.echo, commit_batches=True)
    except DomainError as error:
        raise click.ClickException(REASONS.get(error.reason, error.reason)) from error
    session.commit()
    click.echo(f"demo: built in {time.perf_counter() - started:.1f} s")
