"""Making posters of many codes, in a process beside the web process: a worker's memory does not grow, and one that
starts anew breaks nothing off. At any moment one file of a few hundred posters is in memory."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from checkin import beside, clock, context, scope
from checkin.config import Config
from checkin.db import db, reading
from checkin.errors import frames
from checkin.places import queries as places
from checkin.posters import queries, service
from checkin.posters.bundles import bundles
from checkin.posters.models import BROKEN, DONE, FAILED, NOTHING, PosterJob
from checkin.posters.pdf import poster_pdf
from checkin.posters.poster import Poster
from checkin.posters.sheets import poster_of

log = structlog.get_logger()

# Codes that are read at a time; as often the process says that it lives, and hears that it should stop.
BLOCK = 100


class Stopped(Exception):
    """Whoever asked does not want it any more."""


def start(config: Config) -> "subprocess.Popen[bytes]":
    """Start a process that works through what waits. It outlives the worker that started it."""
    return beside.start(config, "posters", "make")


def roles_of(config: Config) -> tuple[str, ...]:
    """Whose posters a process of this tier makes."""
    staff = (scope.COMMUNE, scope.ADMIN)
    return {"public": (scope.OWNER,), "staff": staff}.get(config.tier, (scope.OWNER, *staff))


def work() -> int:
    """Make what waits, one after the other; returns how many jobs were done."""
    made, roles = 0, roles_of(context.config())
    while True:
        session = db.session()
        scope.enter(session, scope.SYSTEM)
        job = service.claim(session, now=clock.now(), roles=roles)
        job_id = job.id if job else None
        session.commit()
        if job_id is None:
            return made
        made += _make(session, job_id)


def purge_round(session: Session) -> None:
    """Files past their time, in the server's hourly round."""
    scope.enter(session, scope.SYSTEM)
    service.purge(session, now=clock.now())


def posters_of(
    session: Session, codes: Sequence[str], config: Config, language: str, after: Callable[[int], None] = lambda _: None
) -> Iterator[Poster]:
    """The posters of codes, read block by block; a code that was revoked meanwhile is left out.

    `after` is told after each block how many codes it had.
    """
    for first in range(0, len(codes), BLOCK):
        block = codes[first : first + BLOCK]
        with reading():
            doors = queries.printed(session, block)
            session.rollback()  # nothing is held in the database while they are drawn
        for door in doors:
            yield poster_of(door, config, language)
        after(len(block))


def _asker(job: PosterJob) -> scope.Scope:
    """Codes are read as who asked would read them; who administers sees no venue but what is printed for them."""
    if job.role == scope.ADMIN:
        return scope.SYSTEM
    return scope.Scope(job.role, job.made_by, job.commune_id if job.role == scope.COMMUNE else None)


def _make(session: Session, job_id: UUID) -> bool:
    try:
        _files(session, queries.job(session, job_id))
    except Stopped:
        session.rollback()
        return False
    except Exception as error:
        session.rollback()
        scope.enter(session, scope.SYSTEM)
        # Only the type and where it was raised.
        log.error("posters failed", kind=type(error).__name__, trace=frames(error))
        service.end(session, now=clock.now(), job_id=job_id, state=FAILED, problem=BROKEN)
        session.commit()
        return False
    return True


def _files(session: Session, job: PosterJob) -> None:
    config, job_id, form, language, asked_at = context.config(), job.id, job.form, job.language, job.asked_at
    asker, commune_id, venue_id = _asker(job), job.commune_id, job.venue_id
    # In the public tier nobody may write but for an owner.
    writer = asker if job.role == scope.OWNER else scope.SYSTEM
    by_commune = job.role == scope.ADMIN
    session.rollback()
    scope.enter(session, asker)
    with reading():
        listed = queries.codes_to_print(session, commune_id, venue_id)
        communes = {unit.id: unit.full_name for unit in places.communes_of(session, config.province) or ()}
        session.rollback()
    if not listed:
        scope.enter(session, writer)
        service.end(session, now=clock.now(), job_id=job_id, state=FAILED, problem=NOTHING)
        session.commit()
        return
    done, total = 0, len(listed)

    def beat(more: int) -> None:
        nonlocal done
        done += more
        scope.enter(session, writer)
        going = service.beat(session, now=clock.now(), job_id=job_id, done=done, total=total)
        session.commit()
        if not going:
            raise Stopped
        scope.enter(session, asker)

    beat(0)
    for bundle in bundles(listed, form, communes if by_commune else None):
        posters = Counted(posters_of(session, bundle.codes, config, language, beat))
        if not posters.any:
            continue  # all of them were revoked meanwhile
        body = poster_pdf(posters, form, made_at=asked_at)
        scope.enter(session, writer)
        service.keep_file(
            session,
            job_id=job_id,
            number=bundle.number,
            name=bundle.name,
            title=bundle.title,
            posters=posters.number,
            body=body,
        )
        session.commit()
        scope.enter(session, asker)
    scope.enter(session, writer)
    if not service.end(session, now=clock.now(), job_id=job_id, state=DONE):
        raise Stopped
    session.commit()


class Counted:
    """Posters that are handed on one by one and counted."""

    def __init__(self, posters: Iterator[Poster]) -> None:
        self.number, self._rest = 0, posters
        self._first = next(posters, None)

    @property
    def any(self) -> bool:
        """True where there is one at all."""
        return self._first is not None

    def __iter__(self) -> Iterator[Poster]:
        if self._first is not None:
            for poster in chain([self._first], self._rest):
                self.number += 1
                yield poster
