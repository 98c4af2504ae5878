"""The round of every hour inside the server, so that a machine with nothing else set up keeps its promises."""

import threading
from importlib import import_module

import structlog
from flask import Flask

from checkin import context
from checkin.db import db
from checkin.errors import frames

log = structlog.get_logger()
EVERY = 3600.0
# What each feature does in a round, and the tiers whose role may do it. Two processes at once do no harm.
ROUNDS = {
    "checkin.store.upkeep:make_days": {"public", "staff", "all"},
    "checkin.store.upkeep:expire_round": {"all"},
    "checkin.exposure.jobs:purge_round": {"staff", "all"},
}


def start(app: Flask) -> threading.Thread:
    """Begin the rounds in a thread that ends with the process."""
    thread = threading.Thread(target=_rounds, args=(app, threading.Event()), name="rounds", daemon=True)
    thread.start()
    return thread


def _rounds(app: Flask, never: threading.Event) -> None:
    while True:
        go_round(app)
        never.wait(EVERY)


def go_round(app: Flask) -> None:
    """Do what is due in this process's tier; what fails is logged, and tried again in the next round."""
    with app.app_context():
        for name, tiers in ROUNDS.items():
            if context.config().tier not in tiers:
                continue
            module, function = name.split(":")
            try:
                getattr(import_module(module), function)(db.session())
                db.session.commit()
            except Exception as error:
                # Whatever it is: a thread that ended would keep no promise any more, and nobody would notice.
                log.error("round failed", of=function, kind=type(error).__name__, trace=frames(error))
            finally:
                db.session.remove()
