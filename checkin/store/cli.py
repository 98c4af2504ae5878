from datetime import datetime

import click
from sqlalchemy.exc import OperationalError

from checkin import clock, context
from checkin.db import owner_session
from checkin.store import retention, service, upkeep


@click.command("partitions")
def partitions() -> None:
    """Make the tables of the days to come, and tidy those of past days; nothing to do on SQLite."""
    with owner_session(context.config()) as session:
        made = service.open_days_ahead(session, clock.today())
        session.commit()
        tidied = upkeep.tidy(session, clock.today())
    click.echo(f"days made: {made}; tables of past days tidied: {len(tidied)}")


@click.command("expire")
@click.option("--dry-run", is_flag=True, help="Say what would go, and take nothing.")
@click.option("--days", type=click.IntRange(0, 400), help="So many days may go at once.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Confirms the date of today.")
def expire(dry_run: bool, days: int | None, today: datetime | None) -> None:
    """Delete the days whose time is over, then people and forms that nothing needs any more."""
    now = clock.now()
    keep_days = context.rules(clock.to_local(now).date()).retention_days
    with owner_session(context.config()) as session:
        if dry_run:
            planned = upkeep.plan(session, clock.to_local(now).date(), keep_days)
            click.echo(
                f"kept: {keep_days} days. Would go: "
                + (", ".join(f"{d:%d/%m/%Y}" for d in planned.filled) or "nothing")
            )
            return
        try:
            done = upkeep.expire(
                session,
                now=now,
                keep_days=keep_days,
                allowed_days=days,
                confirmed_today=today.date() if today else None,
                say=click.echo,
            )
        except retention.Refused as refused:
            raise click.ClickException(upkeep.words(refused)) from refused
        except OperationalError as error:
            raise click.ClickException("the database did not let a day go; it is tried again next time") from error
    click.echo(
        f"gone: {done.days} days with {done.visits} visits and {done.declarations} declarations, "
        f"{done.people} people, {done.submissions} forms, {done.calls} calls of stations"
    )
