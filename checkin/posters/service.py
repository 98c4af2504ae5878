from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import scope
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.db import is_postgresql
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.posters import queries
from checkin.posters.models import DIED, DONE, FAILED, RUNNING, STOPPED, WAITING, PosterFile, PosterJob

# Made at the same time in a tier; further ones wait.
AT_ONCE = 2
# A process that says nothing for so long has died: it says something with every hundred posters.
SILENT = timedelta(minutes=2)
# Finished files are kept for a day, and of one account no more than the newest three; their lines for a month.
KEPT, MOST_KEPT, NOTED = timedelta(days=1), 3, timedelta(days=30)
JOB_LOCK = 0x706F73746572  # any number that nobody else locks
UNFINISHED = (WAITING, RUNNING)


class StillMaking(DomainError):
    """Something else that the same account asked for is not finished."""

    def __init__(self, job_id: UUID) -> None:
        super().__init__("still making")
        self.job_id = job_id


class Asked(NamedTuple):
    """What is in the queue, and whether a process must be started for it once that is committed."""

    job: PosterJob
    needs_process: bool


def ask(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    role: str,
    form: str,
    language: str,
    commune_id: str | None = None,
    venue_id: UUID | None = None,
) -> Asked:
    """Put posters of many codes in the queue: all of an owner, or of one venue of theirs, of a commune,
    or of the province.

    Who asks again for what is not finished gets the same job. Raises StillMaking while another one of the same account
    is not finished, AccessDenied for whom no role may ask. The caller commits at once.
    """
    if actor.id is None or role not in (scope.OWNER, scope.COMMUNE, scope.ADMIN):
        raise AccessDenied("posters")
    _lock(session)
    known = queries.jobs_of(session, actor.id, MOST_KEPT)
    for job in known:
        if job.state in UNFINISHED and not has_died(job, now):
            if (job.form, job.language, job.commune_id, job.venue_id) != (form, language, commune_id, venue_id):
                raise StillMaking(job.id)
            if job.state == WAITING and job.asked_at < now - SILENT:
                job.asked_at = now  # nobody took it up; from here the time counts anew
                return Asked(job, needs_process=True)
            return Asked(job, needs_process=False)
    for job in known[MOST_KEPT - 1 :]:
        job.gone_at = min(job.gone_at or now, now)
    job = PosterJob(
        id=new_id(now),
        role=role,
        made_by=actor.id,
        commune_id=commune_id,
        venue_id=venue_id,
        form=form,
        language=language,
        asked_at=now,
        state=WAITING,
        done=0,
    )
    session.add(job)
    session.flush()
    detail = {"form": form, "language": language}
    detail |= ({"commune": commune_id} if commune_id else {}) | ({"venue": str(venue_id)} if venue_id else {})
    audit.record(session, now=now, actor=actor, action="posters.ask", subject=str(job.id), detail=detail)
    return Asked(job, needs_process=True)


def has_died(job: PosterJob, now: datetime) -> bool:
    """True where the process that made the posters has been silent for too long."""
    return job.state == RUNNING and (job.beat_at or job.asked_at) < now - SILENT


def is_forgotten(session: Session, job: PosterJob, now: datetime, roles: Collection[str]) -> bool:
    """True where posters have waited and no process lives that could take them up."""
    if job.state != WAITING or job.asked_at >= now - SILENT:
        return False
    return all(has_died(other, now) for other in queries.jobs_in(session, [RUNNING], roles))


def claim(session: Session, *, now: datetime, roles: Collection[str]) -> PosterJob | None:
    """Take up what waited longest; None where nothing waits, or as many are being made as may be.

    The caller commits at once: nobody else decides meanwhile. What a process that died left is marked as failed.
    """
    _lock(session)
    running = 0
    for job in queries.jobs_in(session, [RUNNING], roles):
        if has_died(job, now):
            end(session, now=now, job_id=job.id, state=FAILED, problem=DIED)
        else:
            running += 1
    waiting = queries.jobs_in(session, [WAITING], roles) if running < AT_ONCE else []
    if not waiting:
        return None
    waiting[0].state, waiting[0].beat_at = RUNNING, now
    session.flush()
    return waiting[0]


def beat(session: Session, *, now: datetime, job_id: UUID, done: int, total: int) -> bool:
    """Say that the process lives and how far it is; False where it was stopped or given up meanwhile."""
    return _change(session, job_id, (RUNNING,), beat_at=now, done=done, total=total)


def keep_file(session: Session, *, job_id: UUID, number: int, name: str, title: str, posters: int, body: bytes) -> None:
    """Store a finished file."""
    values = {"job_id": job_id, "number": number, "name": name, "title": title, "posters": posters}
    session.execute(sa.insert(PosterFile).values(**values, size=len(body), body=body))


def end(session: Session, *, now: datetime, job_id: UUID, state: str, problem: str | None = None) -> bool:
    """Say that all files are there (`DONE`), or that they will not come; False where that was said already."""
    gone = now + KEPT if state == DONE else now
    return _change(session, job_id, UNFINISHED, state=state, problem=problem, finished_at=now, gone_at=gone)


def stop(session: Session, *, now: datetime, actor: Actor, job: PosterJob) -> bool:
    """Stop what is not finished; the process notices within a hundred posters. False where it was finished."""
    if job.made_by != actor.id:
        raise AccessDenied("posters")
    return end(session, now=now, job_id=job.id, state=STOPPED)


def purge(session: Session, *, now: datetime) -> int:
    """Take away files whose time is over, and lines of a month ago; returns how many files went."""
    options = {"preserve_rowcount": True, "synchronize_session": False}
    over = sa.select(PosterJob.id).where(PosterJob.gone_at <= now)
    gone = session.execute(sa.delete(PosterFile).where(PosterFile.job_id.in_(over)), execution_options=options)
    session.execute(sa.delete(PosterJob).where(PosterJob.gone_at <= now - NOTED), execution_options=options)
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _change(session: Session, job_id: UUID, states: Collection[str], **values: Any) -> bool:
    result = session.execute(
        sa.update(PosterJob).where(PosterJob.id == job_id, PosterJob.state.in_(states)).values(**values),
        execution_options={"preserve_rowcount": True},
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]


def _lock(session: Session) -> None:
    """Let nobody else decide about jobs until the caller commits; SQLite has one writer anyway."""
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(JOB_LOCK)))
