from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import insert_if_new, is_postgresql, set_scope
from checkin.declarations import service as declarations
from checkin.declarations.told import Told
from checkin.ids import derived_id, new_id
from checkin.names import mask_middle
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.queries import Door
from checkin.visits import queries
from checkin.visits.models import ELSEWHERE, GUESSED, VISITOR, Submission, Visit
from checkin.visits.stays import Guess, guess_end, longest

RESENT = "resent"

# Built once: a statement that is put together anew for each visit costs more than it takes to run.
_INSERT_VISIT = sa.insert(Visit.__table__)  # type: ignore[arg-type]
_SET_RESULT = (
    sa.update(Submission.__table__)  # type: ignore[arg-type]
    .where(Submission.id == sa.bindparam("of"))
    .values(result=sa.bindparam("result"))
)


@dataclass(frozen=True)
class CheckIn:
    """What came of a form: the visit, and whether it was new, prolonged, or the same form again."""

    visit_id: UUID
    entered_at: datetime
    declared_at: datetime
    outcome: str  # new, extended, same


def check_in(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    rules: RuleSet,
    door: Door,
    told: Told,
    submission_id: UUID,
    device: bytes | None,
    seen_before: bool = True,
    channel: str = "own_phone",
) -> CheckIn:
    """Record a declaration and the visit that it opens, once and only once.

    The same submission with the same content gives the first result again, however often and however
    many at once. The same submission with other content (Back, changed, sent) is a new declaration and
    visit, flagged. A scan within the likely stay of the same person on the same device prolongs the visit.
    `seen_before` is False for a device that got its secret with this very form: it has no visits yet.

    Raises IntegrityError where PostgreSQL has no table for the day (`db.missing_day`): see `open_day`.
    """
    body = vault.index("body", f"{door.code}\x1f{told.fingerprint()}")
    flags: tuple[str, ...] = ()
    visit = new_id(now), now
    earlier = _claim(session, now, submission_id, body, visit, device)
    if earlier is not None and earlier[0] != body:
        submission_id, flags = derived_id(submission_id, body), (RESENT,)
        earlier = _claim(session, now, submission_id, body, visit, device)
    if earlier is not None:
        return _first_result(earlier[2])

    made = declarations.record(session, vault, now=now, rules=rules, told=told, flags=flags)
    if device is not None and (seen_before or flags):
        goes_on = _meet_open_visits(
            session, now, rules, door, made, device, allow_extension=not flags, all_no=told.all_no
        )
        if goes_on is not None:
            session.execute(_SET_RESULT, {"of": submission_id, "result": _result(goes_on, now)})
            return CheckIn(*goes_on, now, "extended")
    guess = guess_end(rules, entered_at=now, kind=door.kind, own_minutes=door.default_minutes, closes_at=door.closes_at)
    values = row(
        visit_id=visit[0],
        entered_at=now,
        venue_id=door.venue_id,
        zone_id=door.zone_id,
        person_id=made.person_id,
        declaration=(made.id, now),
        guess=guess,
        channel=channel,
        device=device,
        group_id=submission_id,
        full_name=told.who.full_name,
    )
    session.execute(_INSERT_VISIT, values)
    return CheckIn(*visit, now, "new")


def row(
    *,
    visit_id: UUID,
    entered_at: datetime,
    venue_id: UUID,
    zone_id: UUID | None,
    person_id: UUID,
    declaration: tuple[UUID, datetime] | None,
    guess: Guess,
    left_at: datetime | None = None,
    end_set_by: str = GUESSED,
    channel: str,
    device: bytes | None,
    group_id: UUID | None,
    full_name: str,
) -> dict[str, Any]:
    """The columns of a visit; `declaration` is the id and the time of the one it goes with."""
    return {
        "id": visit_id,
        "entered_at": entered_at,
        "venue_id": venue_id,
        "zone_id": zone_id,
        "person_id": person_id,
        "declaration_id": declaration[0] if declaration else None,
        "declared_at": declaration[1] if declaration else None,
        "left_at": left_at,
        "end_set_by": end_set_by,
        "until_likely": guess.likely,
        "until_latest": guess.latest,
        "channel": channel,
        "device": device,
        "group_id": group_id,
        "masked_name": mask_middle(full_name),
    }


def open_day(session: Session, day: date) -> bool:
    """Make the tables of a day of the province where PostgreSQL has none yet; True when it made one.

    Days are made ahead of time; this is for the visit that comes when that was not done.
    """
    return bool(is_postgresql(session) and session.scalar(sa.select(sa.func.open_day(day))))


def _claim(
    session: Session,
    now: datetime,
    submission_id: UUID,
    body: bytes,
    visit: tuple[UUID, datetime],
    device: bytes | None,
) -> tuple[bytes, datetime, dict[str, str] | None] | None:
    """Claim a submission; None when it is ours, else what is known of the one that was there before.

    It is stored with the visit that will most likely come of it, so that it need not be written twice.
    """
    set_scope(session, submission=submission_id, device=device)
    values = {"id": submission_id, "body": body, "received_at": now, "result": _result(visit, now)}
    if insert_if_new(session, Submission.__table__, values):  # type: ignore[arg-type]
        return None
    return queries.submission(session, submission_id)


def _result(visit: tuple[UUID, datetime], declared_at: datetime) -> dict[str, str]:
    return {"visit": str(visit[0]), "entered_at": visit[1].isoformat(), "declared_at": declared_at.isoformat()}


def _first_result(result: dict[str, str] | None) -> CheckIn:
    if result is None:
        raise RuntimeError("a submission that was committed has a result")
    return CheckIn(
        UUID(result["visit"]),
        datetime.fromisoformat(result["entered_at"]),
        datetime.fromisoformat(result["declared_at"]),
        "same",
    )


def _meet_open_visits(
    session: Session,
    now: datetime,
    rules: RuleSet,
    door: Door,
    made: declarations.Recorded,
    device: bytes,
    *,
    allow_extension: bool,
    all_no: bool,
) -> tuple[UUID, datetime] | None:
    """Prolong the visit that goes on here, and bound those elsewhere; the prolonged visit or None.

    Arriving here shows that the person had left the former place by now, not that they stayed until now:
    so it bounds the guess and records no end. A venue that this one stands inside is not left.
    """
    extended: tuple[UUID, datetime] | None = None
    still_open = queries.open_visits(session, device=device, person_id=made.person_id, now=now, cap=longest(rules))
    # An answer of yes stays with the visit: who coughs does not stop by scanning once more.
    newer = {} if all_no else {"declaration_id": made.id, "declared_at": now}
    for visit in still_open:
        # Who says "I leave" at this very moment has a recorded end, which a guess must not change.
        key = sa.and_(Visit.entered_at == visit.entered_at, Visit.id == visit.id, Visit.left_at.is_(None))
        here = visit.venue_id == door.venue_id and visit.zone_id == door.zone_id
        if here and extended is None and allow_extension and visit.until_likely >= now:
            guess = guess_end(
                rules,
                entered_at=visit.entered_at,
                kind=door.kind,
                own_minutes=door.default_minutes,
                closes_at=door.closes_at,
                seen_at=now,
            )
            done = session.execute(
                sa.update(Visit).where(key).values(until_likely=guess.likely, until_latest=guess.latest, **newer)
            )
            if done.rowcount:  # type: ignore[attr-defined]
                extended = visit.id, visit.entered_at
        elif not here and not _around(visit, door):
            session.execute(
                sa.update(Visit)
                .where(key)
                .values(
                    until_likely=min(visit.until_likely, now),
                    until_latest=min(visit.until_latest, now),
                    end_set_by=ELSEWHERE,
                )
            )
    return extended


def _around(visit: queries.OpenVisit, door: Door) -> bool:
    """True when this door stands inside what was visited: a venue in a venue, a zone of a venue."""
    return visit.venue_id in door.around or (visit.venue_id == door.venue_id and visit.zone_id is None)


def leave(session: Session, *, now: datetime, visit_id: UUID, entered_at: datetime, venue_id: UUID) -> bool:
    """Record that a visitor left, by the signed token of the visit; True when this was the first time.

    A stay that could not have lasted until now keeps its guessed end.
    """
    set_scope(session, visit=visit_id)
    left = session.execute(
        sa.update(Visit)
        .where(
            Visit.entered_at == entered_at,
            Visit.id == visit_id,
            Visit.venue_id == venue_id,
            Visit.left_at.is_(None),
            Visit.end_set_by == GUESSED,
            Visit.until_latest >= now,
        )
        .values(left_at=now, until_likely=now, until_latest=now, end_set_by=VISITOR)
    )
    return bool(left.rowcount)  # type: ignore[attr-defined]
