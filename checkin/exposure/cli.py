import json
import resource

import click
from flask.cli import AppGroup, with_appcontext

from checkin import clock, context, scope
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.casefacts.windows import windows
from checkin.cases import queries as cases
from checkin.cases.models import KEEPING_STATES
from checkin.db import db
from checkin.errors import DomainError
from checkin.exposure import earlier, fresh, jobs, linelist, service

group = AppGroup("exposure", help="Files of what lookups found.")


@group.command("export")
def export() -> None:
    """Make the files that are asked for, one after the other, until none waits; the pages start this."""
    # Names are open in memory here: a process that breaks leaves no picture of it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    click.echo(f"exports: {jobs.work()} made")


@group.command("purge")
def purge() -> None:
    """Take away the files whose time is over: an hour after they were made, ten minutes after a download."""
    scope.enter(db.session(), scope.SYSTEM)
    gone = service.purge_exports(db.session(), now=clock.now())
    db.session.commit()
    click.echo(f"exports: {gone} pieces removed")


@click.command("reasons")
@with_appcontext
def complete_reasons() -> None:
    """Give everybody of open cases who was given to be called before their reasons went along the reasons of today.

    Needed once, after an upgrade; it can be broken off and called again.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    session, actor = db.session(), Actor.command("flask cases reasons")
    scope.enter(session, scope.CASEWORK)
    done = 0
    for number in [case.number for case in cases.listed(session, cases.Which()) if case.state in KEEPING_STATES]:
        session.commit()
        scope.enter(session, scope.CASEWORK)
        case = cases.by_number(session, number)
        if case is not None:
            scope.bind(session, case.id)
            done += earlier.complete(session, context.vault(), now=clock.now(), actor=actor, case=case)
    session.commit()
    click.echo(f"reasons: {done} people")


@click.command("contacts")
@with_appcontext
@click.argument("number")
@click.option("--format", "form", type=click.Choice(["json"]), default="json", show_default=True)
@click.option("--limit", type=click.IntRange(1), help="Only so many, the first of the list.")
@click.option("--reason", default="Danh sách theo lệnh", help="Why it is read; stands in the log.")
def contacts(number: str, form: str, limit: int | None, reason: str) -> None:
    """Whom the case NUMBER can have met, in the order of the page: one object for each person.

    Logged as the page's lookup is, and told to the visitors; nobody's approval is asked for.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    session, now, actor = db.session(), clock.now(), Actor.command("flask cases contacts")
    scope.enter(session, scope.CASEWORK)
    case = cases.by_number(session, number)
    if case is None:
        raise click.ClickException(f"there is no case {number}")
    scope.bind(session, case.id)
    window = windows(session, case, now=now).forward
    reason = reason.strip()[:500] or "?"
    try:
        lookup = fresh.ask(session, now=now, actor=actor, case=case, window=window, reason=reason)
    except DomainError:
        raise click.ClickException(f"it is not known who case {case.number} is") from None
    entry = service.read(session, now=now, actor=actor, lookup=lookup, case=case, action="lookup.read", rows=None)
    # On record before the first row is read.
    session.commit()
    rows = 0
    click.echo("[", nl=False)
    for line in linelist.lines(session, context.vault(), lookup, case, limit=limit):
        click.echo(("," if rows else "") + "\n" + json.dumps(line, ensure_ascii=False), nl=False)
        rows += 1
    click.echo("\n]" if rows else "]")
    session.rollback()
    audit.record(
        session,
        now=clock.now(),
        actor=actor,
        action="lookup.shown",
        subject=lookup.number,
        case_number=case.number,
        reason=lookup.reason,
        rows=rows,
        detail={"opens": entry},
    )
    session.commit()
