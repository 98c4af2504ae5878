from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import insert_if_new, set_scope
from checkin.declarations import service as declarations
from checkin.declarations.told import Told
from checkin.ids import derived_id, new_id
from checkin.names import mask_middle
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.venues.queries import Door
from checkin.visits import queries
from checkin.visits.models import ELSEWHERE, GUESSED, VISITOR, Submission, Visit
from checkin.visits.stays import Guess, guess_end, longest

RESENT = "resent"


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
    channel: str = "own_phone",
) -> CheckIn:
    """Record a declaration and the visit that it opens, once and only once.

    The same submission with the same content gives the first result again, however often and however
    many at once. The same submission with other content (Back, changed, sent) is a new declaration and
    visit, flagged. A scan within the likely stay of the same person on the same device prolongs the visit.
    """
    body = vault.index("body", f"{door.code}\x1f{told.fingerprint()}")
    flags: tuple[str, ...] = ()
    earlier = _claim(session, now, submission_id, body)
    if earlier is not None and earlier[0] != body:
        submission_id, flags = derived_id(submission_id, body), (RESENT,)
        earlier = _claim(session, now, submission_id, body)
    if earlier is not None:
        return _first_result(earlier[2])

    made = declarations.record(session, vault, now=now, rules=rules, told=told, flags=flags)
    visit: tuple[UUID, datetime] | None = None
    if device is not None:
        set_scope(session, device=device)
        visit = _meet_open_visits(
            session, now, rules, door, made, device, allow_extension=not flags, all_no=told.all_no
        )
    outcome = "extended" if visit else "new"
    if visit is None:
        visit = new_id(now), now
        guess = guess_end(
            rules, entered_at=now, kind=door.kind, own_minutes=door.default_minutes, closes_at=door.closes_at
        )
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
        session.execute(sa.insert(Visit.__table__).values(values))  # type: ignore[arg-type]
    result = {"visit": str(visit[0]), "entered_at": visit[1].isoformat(), "declared_at": now.isoformat()}
    session.execute(sa.update(Submission).where(Submission.id == submission_id).values(result=result))
    return CheckIn(visit[0], visit[1], now, outcome)


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


def _claim(
    session: Session, now: datetime, submission_id: UUID, body: bytes
) -> tuple[bytes, datetime, dict[str, str] | None] | None:
    """Claim a submission; None when it is ours, else what is known of the one that was there before."""
    set_scope(session, submission=submission_id)
    values = {"id": submission_id, "body": body, "received_at": now, "result": None}
    if insert_if_new(session, Submission.__table__, values):  # type: ignore[arg-type]
        return None
    return queries.submission(session, submission_id)


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
    around = set(venues.ancestors(session, door.venue_id)) if still_open else set()
    for visit in still_open:
        key = sa.and_(Visit.entered_at == visit.entered_at, Visit.id == visit.id)
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
            session.execute(
                sa.update(Visit).where(key).values(until_likely=guess.likely, until_latest=guess.latest, **newer)
            )
            extended = visit.id, visit.entered_at
        elif not here and not _around(visit, door, around):
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


def _around(visit: queries.OpenVisit, door: Door, around: set[UUID]) -> bool:
    """True when this door stands inside what was visited: a venue in a venue, a zone of a venue."""
    return visit.venue_id in around or (visit.venue_id == door.venue_id and visit.zone_id is None)


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
