"""Reads for the CDC: on a streaming replica (REPLICA_URL) as long as it is fresh enough, else on the primary.

How old a replica is cannot be asked of the replica alone: one that was cut off from its primary has replayed
all it ever received and takes itself for whole. So each reading asks the primary first how far its log has
come, and then waits a moment for the replica to get there.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from flask import Flask, current_app
from sqlalchemy import exc
from sqlalchemy.engine import Engine, Row
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from checkin import scope
from checkin.config import Config
from checkin.db import db, engine_options, is_read_only, let_go

log = structlog.get_logger()
Found = TypeVar("Found")

# A replica that streams is milliseconds behind; one that is further behind is not worth a longer wait.
WAIT_SECONDS = 1.0
# One that failed is left alone for so long: else every page would wait for it anew.
REST_SECONDS = 15.0

# Which database it is, as whom it is read, and on which line of history its log stands. Another cluster's
# position says nothing about ours, and another role would see other rows without anybody noticing.
_SAME = "(SELECT system_identifier FROM pg_control_system()), current_database(), current_user"
_PRIMARY = sa.text(
    f"SELECT {_SAME}, ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int, "  # noqa: S608
    "clock_timestamp() AS moment, pg_current_wal_flush_lsn()::text AS reached"
)
_REPLICA = sa.text(f"SELECT {_SAME}, (SELECT timeline_id FROM pg_control_checkpoint()), pg_is_in_recovery() AS follows")  # noqa: S608  # nosec B608
# The time first: what is replayed between the two makes the answer fresher than it says, never older.
_REPLAYED = sa.text(
    "SELECT pg_last_xact_replay_timestamp() AS last_commit, pg_last_wal_replay_lsn() >= CAST(:goal AS pg_lsn) AS whole"
)


@dataclass(frozen=True)
class Source:
    """Where rows came from. They hold everything committed until `until` (UTC, the primary's clock)."""

    replica: bool
    until: datetime
    seconds_late: int


@dataclass
class Replica:
    """The engine that reads it, the bound on its age, and until when it is left alone."""

    engine: Engine
    max_lag: timedelta
    rests_until: float = 0.0


class _Unusable(Exception):
    """The replica answers, and what it says cannot be used; the text says why."""


def init_app(app: Flask, config: Config) -> None:
    app.extensions["checkin_replica"] = _made(config) if config.replica_url else None


def read(work: Callable[[Session], Found]) -> tuple[Found, Source | None]:
    """What `work` reads in the session it is given, and where that was; no source where no replica is set.

    `work` only reads, and may be called a second time, on the primary, where the replica fails in the
    middle. It gives back what needs no session any more, since that of a replica is closed by then.
    Objects of the request's own session stay usable in it.
    """
    primary = db.session()
    replica: Replica | None = current_app.extensions["checkin_replica"]
    if replica is None:
        return work(primary), None
    _let_go(primary)
    with db.engine.connect() as connection:
        asked = connection.execute(_PRIMARY).one()
    if time.monotonic() >= replica.rests_until:
        try:
            with Session(replica.engine, info={"scope": dict(primary.info.get("scope", {}))}) as session:
                source = _fresh_enough(session, asked, replica.max_lag)
                if source.seconds_late and not _knows_purpose(session):
                    return work(primary), Source(False, asked.moment, 0)
                return work(session), source
        except (_Unusable, exc.DBAPIError) as error:
            if isinstance(error, exc.DBAPIError) and not _failed(error):
                raise
            replica.rests_until = time.monotonic() + REST_SECONDS
            why = str(error) if isinstance(error, _Unusable) else type(error.orig).__name__
            log.warning("replica not used", why=why)
    return work(primary), Source(False, asked.moment, 0)


def _knows_purpose(session: Session) -> bool:
    """False where the case or lookup of this reading has not come here yet: row-level security would hide everybody."""
    return scope.current(session).purpose is None or bool(session.scalar(sa.select(sa.func.sees_people())))


def _let_go(primary: Session) -> None:
    """End what a request has read so far: it would lie open as long as the replica is read. Not where it may write."""
    if is_read_only() and not (primary.new or primary.dirty or primary.deleted):
        let_go(primary)


def _failed(error: exc.DBAPIError) -> bool:
    """True where the server or the way to it failed, or ended the statement; a statement in error fails anywhere."""
    return isinstance(error, exc.OperationalError | exc.InterfaceError) or error.connection_invalidated


def _made(config: Config) -> Replica:
    options = engine_options(config, config.replica_url)
    engine = sa.create_engine(
        config.replica_url,
        hide_parameters=True,
        # A connection for each reading: the time-out for connecting then also finds a server that hangs,
        # which would keep a pooled connection waiting without end.
        poolclass=NullPool,
        # Said at the start of each transaction, so it also holds behind pgbouncer, and after a promotion.
        execution_options={"postgresql_readonly": True},
        connect_args={**options["connect_args"], "connect_timeout": 2, "tcp_user_timeout": 5000},
    )
    return Replica(engine, timedelta(seconds=config.replica_max_lag))


def _fresh_enough(session: Session, asked: Row[Any], max_lag: timedelta) -> Source:
    try:
        session.connection()
    except exc.InvalidRequestError as error:
        # What the pool says of a new connection that is dead at once: pgbouncer takes it, with no server behind.
        raise _Unusable("no connection that lives") from error
    told = session.execute(_REPLICA).one()
    if not told.follows or tuple(told)[:4] != tuple(asked)[:4]:
        raise _Unusable("no replica of this database for this role")
    deadline, pause = time.monotonic() + WAIT_SECONDS, 0.002
    while True:
        replayed = session.execute(_REPLAYED, {"goal": asked.reached}).one()
        if replayed.whole:
            return Source(True, asked.moment, 0)
        if time.monotonic() > deadline:
            break
        time.sleep(pause)
        pause = min(pause * 2, 0.1)
    if replayed.last_commit is None or asked.moment - replayed.last_commit > max_lag:
        raise _Unusable("too far behind")
    late = max(asked.moment - replayed.last_commit, timedelta())
    return Source(True, replayed.last_commit, math.ceil(late.total_seconds()))
