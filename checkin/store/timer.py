"""The round of every hour inside the server, so that a machine with nothing else set up keeps its promise."""

import threading

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from checkin import clock, context
from checkin.db import db
from checkin.store import retention, service, upkeep

log = structlog.get_logger()
EVERY = 3600.0


def start(app: Flask) -> threading.Thread:
    """Begin the rounds in a thread that ends with the process."""
    thread = threading.Thread(target=_rounds, args=(app, threading.Event()), name="upkeep", daemon=True)
    thread.start()
    return thread


def _rounds(app: Flask, never: threading.Event) -> None:
    while True:
        go_round(app)
        never.wait(EVERY)


def go_round(app: Flask) -> None:
    """Make the days to come; and where this process owns the tables, let go of those that are over.

    A tier whose role owns nothing leaves that to `flask visits expire`. Two processes at once do no harm.
    """
    with app.app_context():
        try:
            made = service.open_days_ahead(db.session(), clock.today())
            db.session.commit()
            if made:
                log.info("days made", days=made)
            config = context.config()
            if config.migrate_url == config.database_url and config.tier != "public":
                _expire()
        except SQLAlchemyError as error:
            log.error("upkeep failed", kind=type(error).__name__)
        finally:
            db.session.remove()


def _expire() -> None:
    now = clock.now()
    keep_days = context.rules(clock.to_local(now).date()).retention_days
    session = db.session()
    if not upkeep.plan(session, clock.to_local(now).date(), keep_days).filled:
        return
    try:
        done = upkeep.expire(session, now=now, keep_days=keep_days)
        log.info("days expired", days=done.days, visits=done.visits, people=done.people)
    except retention.Refused as refused:
        log.warning("days not expired", why=upkeep.words(refused))
    upkeep.tidy(session, clock.to_local(now).date())
