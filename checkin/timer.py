"""The rounds inside the server, so that a machine with nothing else set up keeps its promises."""

import threading
from collections.abc import Mapping
from importlib import import_module

import structlog
from flask import Flask

from checkin import context
from checkin.db import db
from checkin.errors import RoundFailed, frames
from checkin.metrics import ROUNDS_FAILED

log = structlog.get_logger()
EVERY, SOON = 3600.0, 10.0
# What each feature does in a round, and the tiers whose role may do it. Two processes at once do no harm.
ROUNDS = {
    "checkin.store.upkeep:make_days": {"public", "staff", "all"},
    "checkin.venues.guesses:write_round": {"public", "all"},
    "checkin.store.upkeep:expire_round": {"all"},
    "checkin.doubles.rounds:find_round": {"all"},
    "checkin.exposure.jobs:purge_round": {"staff", "all"},
    "checkin.posters.jobs:purge_round": {"staff", "all"},
    "checkin.register.jobs:purge_round": {"staff", "all"},
    "checkin.accounts.upkeep:forget_round": {"staff", "all"},
    "checkin.messages.sending:purge_round": {"staff", "all"},
    "checkin.owners.rounds:purge_round": {"staff", "all"},
    "checkin.approvals.overdue:mark_round": {"staff", "all"},
    "checkin.audit.watching:look_round": {"staff", "all"},
    "checkin.clusters.looking:look_round": {"staff", "all"},
    # Last: what the round wrote is sealed with it.
    "checkin.audit.sealing:seal_round": {"staff", "all"},
}
# What somebody waits for at a screen; and shifts that begin, for a lookup of this very hour.
SOON_ROUNDS = {
    "checkin.messages.sending:send_round": {"public", "staff", "all"},
    "checkin.workers.rounds:shifts_round": {"staff", "all"},
}


def start(app: Flask) -> threading.Thread:
    """Begin the rounds in a thread that ends with the process."""
    thread = threading.Thread(target=_rounds, args=(app, threading.Event()), name="rounds", daemon=True)
    thread.start()
    return thread


def _rounds(app: Flask, never: threading.Event) -> None:
    while True:
        go_round(app)
        for _ in range(int(EVERY / SOON)):
            go_round(app, SOON_ROUNDS)
            never.wait(SOON)


def go_round(app: Flask, rounds: Mapping[str, set[str]] = ROUNDS) -> None:
    """Do what is due in this process's tier; what fails is logged, and tried again in the next round."""
    with app.app_context():
        for name, tiers in rounds.items():
            if context.config().tier not in tiers:
                continue
            module, function = name.split(":")
            try:
                getattr(import_module(module), function)(db.session())
                db.session.commit()
            except Exception as error:
                # Whatever it is: a thread that ended would keep no promise any more, and nobody would notice.
                ROUNDS_FAILED.labels(name).inc()
                why = {"why": str(error)} if isinstance(error, RoundFailed) else {}
                log.error("round failed", of=name, kind=type(error).__name__, trace=frames(error), **why)
            finally:
                db.session.remove()
