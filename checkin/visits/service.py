from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.batch import Answer, Asked, together
from checkin.db import insert_new, is_postgresql, scope, set_scope
from checkin.declarations import service as declarations
from checkin.declarations.told import Told
from checkin.ids import derived_id, new_id
from checkin.names import mask_middle
from checkin.people import queries as people
from checkin.people.service import identify
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.queries import Door
from checkin.visits import queries
from checkin.visits.models import ELSEWHERE, GUESSED, VISITOR, Submission, Visit
from checkin.visits.queries import OpenVisit
from checkin.visits.stays import Guess, guess_end, longest

RESENT = "resent"

# Built once: a statement that is put together anew for each visit costs more than it takes to run.
_INSERT_VISIT = sa.insert(Visit.__table__)  # type: ignore[arg-type]
_SET_RESULT = (
    sa.update(Submission.__table__)  # type: ignore[arg-type]
    .where(Submission.id == sa.bindparam("of"))
    .values(result=sa.bindparam("result"))
)
# Who says "I leave" at this very moment has a recorded end, which a guess must not change.
_OPEN_END = (
    sa.update(Visit.__table__)  # type: ignore[arg-type]
    .where(
        Visit.entered_at == sa.bindparam("since"),
        Visit.id == sa.bindparam("of"),
        Visit.left_at.is_(None),
    )
    .values(until_likely=sa.bindparam("likely"), until_latest=sa.bindparam("latest"))
)
_BOUND = _OPEN_END.values(end_set_by=ELSEWHERE)
_PROLONG = _OPEN_END
_PROLONG_DECLARED = _OPEN_END.values(declaration_id=sa.bindparam("declaration"), declared_at=sa.bindparam("declared"))


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
    who = declarations.person_indexes(vault, told.who)
    flags: tuple[str, ...] = ()
    visit = new_id(now), now
    asked = [people.ask_with_name(who.name)]
    if device is not None and seen_before:
        asked.append(queries.ask_open_visits(device, now, longest(rules)))
    earlier, answers = _claim(session, now, submission_id, body, visit, device, asked)
    if earlier is not None and earlier[0] != body:
        submission_id, flags = derived_id(submission_id, body), (RESENT,)
        if device is not None:
            asked[1:] = [queries.ask_open_visits(device, now, longest(rules))]
        earlier, answers = _claim(session, now, submission_id, body, visit, device, asked)
    if earlier is not None:
        return _first_result(earlier[2])

    person_id = identify(
        session, now=now, told=who, known=people.read_with_name(answers[0]), commune_id=told.who.commune_id
    )
    declaration_id, store = declarations.prepare(
        vault, now=now, rules=rules, told=told, person_id=person_id, flags=flags
    )
    still_open = queries.read_open_visits(answers[1], person_id) if len(answers) > 1 else []
    here = None if flags else _goes_on(still_open, door, now)
    writes = [store, *_bound_elsewhere(still_open, door, now)]
    if here is not None:
        declared = None if told.all_no else (declaration_id, now)
        prolonged = here.id, here.entered_at
        done = together(session, [_prolong(here, rules, door, now, declared), *writes])
        if done[0].count:
            session.execute(_SET_RESULT, {"of": submission_id, "result": _result(prolonged, now)})
            return CheckIn(*prolonged, now, "extended")
        # Left at this very moment, from another page: what comes now is a new visit.
        writes = []
    guess = guess_end(rules, entered_at=now, kind=door.kind, own_minutes=door.default_minutes, closes_at=door.closes_at)
    values = row(
        visit_id=visit[0],
        entered_at=now,
        venue_id=door.venue_id,
        zone_id=door.zone_id,
        person_id=person_id,
        declaration=(declaration_id, now),
        guess=guess,
        channel=channel,
        device=device,
        group_id=submission_id,
        full_name=told.who.full_name,
    )
    together(session, [*writes, (_INSERT_VISIT, values)])
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
    asked: list[Asked],
) -> tuple[tuple[bytes, datetime, dict[str, str] | None] | None, list[Answer]]:
    """Claim a submission; None when it is ours, else what is known of the one that was there before.

    It is stored with the visit that will most likely come of it, so that it need not be written twice. What is
    `asked` goes with it, and is answered as of after the claim.
    """
    first = session.connection()  # the transaction begins, before the scope is known to it
    values = {"id": submission_id, "body": body, "received_at": now, "result": _result(visit, now)}
    claim = insert_new(Submission.__table__, first.dialect.name), values
    before = [*scope(session, submission=submission_id, device=device), claim]
    answers = together(session, [*before, *asked])
    if answers[len(before) - 1].count == 1:
        return None, answers[len(before) :]
    return queries.submission(session, submission_id), []


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


def _goes_on(still_open: Sequence[OpenVisit], door: Door, now: datetime) -> OpenVisit | None:
    """The visit that a scan here prolongs: the newest at this very door within its likely stay."""
    found = (visit for visit in still_open if _at(visit, door) and visit.until_likely >= now)
    return next(found, None)


def _prolong(
    visit: OpenVisit, rules: RuleSet, door: Door, now: datetime, declared: tuple[UUID, datetime] | None
) -> Asked:
    """The statement that prolongs a visit; it touches no row where the visitor has said meanwhile that they left.

    An answer of yes stays with the visit (`declared` is None): who coughs does not stop by scanning once more.
    """
    guess = guess_end(
        rules,
        entered_at=visit.entered_at,
        kind=door.kind,
        own_minutes=door.default_minutes,
        closes_at=door.closes_at,
        seen_at=now,
    )
    values = {"of": visit.id, "since": visit.entered_at, "likely": guess.likely, "latest": guess.latest}
    if declared is None:
        return _PROLONG, values
    return _PROLONG_DECLARED, {**values, "declaration": declared[0], "declared": declared[1]}


def _bound_elsewhere(still_open: Sequence[OpenVisit], door: Door, now: datetime) -> list[Asked]:
    """The statements that bound the visits elsewhere.

    Arriving here shows that the person had left the former place by now, not that they stayed until now:
    so it bounds the guess and records no end. A venue that this one stands inside is not left.
    """
    return [
        (
            _BOUND,
            {
                "of": visit.id,
                "since": visit.entered_at,
                "likely": min(visit.until_likely, now),
                "latest": min(visit.until_latest, now),
            },
        )
        for visit in still_open
        if not _at(visit, door) and not _around(visit, door)
    ]


def _at(visit: OpenVisit, door: Door) -> bool:
    return visit.venue_id == door.venue_id and visit.zone_id == door.zone_id


def _around(visit: OpenVisit, door: Door) -> bool:
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
