"""What a form changes of the visits that are there: it prolongs them, bounds them, and corrects its own. The rules of
corrections are in `corrections.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.batch import Asked, together
from checkin.db import scope
from checkin.names import mask_for_desk
from checkin.people.models import Person
from checkin.rules import RuleSet
from checkin.venues.queries import Door
from checkin.visits import corrections
from checkin.visits.corrections import Entry, Standing
from checkin.visits.models import ELSEWHERE, Submission, Visit
from checkin.visits.outcomes import CheckIn, Declared
from checkin.visits.queries import OpenVisit
from checkin.visits.stays import guess_end

SET_RESULT = (
    sa.update(Submission.__table__)  # type: ignore[arg-type]
    .where(Submission.id == sa.bindparam("of"))
    .values(result=sa.bindparam("result"))
)
_STANDING = (
    sa.select(Visit.person_id, Person.name_index, Visit.declaration_id, Visit.declared_at, Visit.group_id)
    .join(Person, Person.id == Visit.person_id)
    .where(Visit.entered_at == sa.bindparam("since"), Visit.id == sa.bindparam("of"))
    # Another form of the same person may point it elsewhere at this moment.
    .with_for_update(of=Visit.__table__)
)
_POINT = (
    sa.update(Visit.__table__)  # type: ignore[arg-type]
    .where(Visit.entered_at == sa.bindparam("since"), Visit.id == sa.bindparam("of"))
    .values(declaration_id=sa.bindparam("declaration"), declared_at=sa.bindparam("declared"))
)
_POINT_AND_NAME = _POINT.values(person_id=sa.bindparam("person"), masked_name=sa.bindparam("name"))
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
_PROLONG_DECLARED = _OPEN_END.values(declaration_id=sa.bindparam("declaration"), declared_at=sa.bindparam("declared"))


@dataclass
class Chain:
    """A form that is being corrected: the visits it made or prolonged, as they stand, and what it keeps of them."""

    submission_id: UUID
    result: dict[str, Any] | None
    entries: list[Entry]
    standing: list[Standing | None]
    # Which entry each person of the corrected form has, by their place in it.
    places: dict[int, int] = field(default_factory=dict)

    def match(self, persons: Sequence[tuple[UUID, bytes]]) -> bool:
        """Find out which visit each of these people (person, index of the name) had; False where they are too many for
        a correction."""
        self.places = corrections.matched(persons, self.standing)
        return len(self.entries) + len(persons) - len(self.places) <= corrections.MOST

    def first(self, place: int) -> UUID | None:
        """What the form said first about the one at this place; None for somebody it did not name."""
        return self.entries[self.places[place]].first if place in self.places else None

    def point(
        self, session: Session, place: int, new: Declared, *, all_no: bool, person_id: UUID, name: str
    ) -> tuple[CheckIn, list[Asked]]:
        """What came of the one at this place, who had a visit, and the statements that correct it."""
        at = self.places[place]
        entry, standing = self.entries[at], self.standing[at]
        pointed = standing.declared if standing else None
        self.entries[at], declared = corrections.point(entry, pointed, new, all_no=all_no)
        values = {
            "of": entry.visit_id,
            "since": entry.entered_at,
            "declaration": declared[0] if declared else None,
            "declared": declared[1] if declared else None,
        }
        statement = _POINT
        # Whose the visit of another form is, that form said.
        if standing is not None and standing.own:
            statement, values = _POINT_AND_NAME, {**values, "person": person_id, "name": mask_for_desk(name)}
        came = CheckIn(entry.visit_id, entry.entered_at, new[1], "corrected", new[0])
        return came, [*scope(session, visit=entry.visit_id), (statement, values)]

    def keep(self, session: Session, body: bytes, found: Sequence[CheckIn]) -> None:
        """Note what the form says now, and the visits of those whom it did not name before."""
        known = {entry.visit_id for entry in self.entries}
        added = [corrections.entry_of(one) for one in found if one.visit_id not in known]
        entries = [*self.entries, *(entry for entry in added if entry is not None)]
        result = corrections.as_corrected(self.result, entries, body, found)
        session.execute(SET_RESULT, {"of": self.submission_id, "result": result})


def chain_of(session: Session, submission_id: UUID, result: dict[str, Any] | None) -> Chain:
    """The visits of a form that is corrected, locked. The form's own row must be locked before."""
    entries = corrections.entries_of(result)
    asked: list[Asked] = []
    places = []
    for entry in entries:
        # By the visit itself: who sends the form once more may have had the device forgotten meanwhile.
        asked += [*scope(session, visit=entry.visit_id), (_STANDING, {"since": entry.entered_at, "of": entry.visit_id})]
        places.append(len(asked) - 1)
    answers = together(session, asked) if asked else []
    return Chain(submission_id, result, entries, [_standing(answers[place].rows, submission_id) for place in places])


def _standing(rows: Sequence[Sequence[Any]], submission_id: UUID) -> Standing | None:
    if not rows:
        return None
    person_id, name, declaration_id, declared_at, group_id = rows[0]
    declared = (declaration_id, declared_at) if declaration_id and declared_at else None
    return Standing(person_id, bytes(name), declared, own=group_id == submission_id)


def goes_on(still_open: Sequence[OpenVisit], door: Door, now: datetime) -> OpenVisit | None:
    """The visit that a scan here prolongs: the newest at this very door within its likely stay."""
    found = (visit for visit in still_open if _at(visit, door) and visit.until_likely >= now)
    return next(found, None)


def prolong(
    visit: OpenVisit, rules: RuleSet, door: Door, now: datetime, declared: tuple[UUID, datetime] | None
) -> Asked:
    """The statement that prolongs a visit; it touches no row where the visitor has said meanwhile that they left.

    An answer of yes stays with the visit (`declared` is None): who coughs does not stop by scanning once more. Nor does
    a scan shorten what is known of the stay: one that is sent later may have been made before others.
    """
    guess = guess_end(
        rules,
        entered_at=visit.entered_at,
        kind=door.kind,
        own_minutes=door.default_minutes,
        closes_at=door.closes_at,
        seen_at=now,
    )
    values = {
        "of": visit.id,
        "since": visit.entered_at,
        "likely": max(guess.likely, visit.until_likely),
        "latest": max(guess.latest, visit.until_latest),
    }
    if declared is None:
        return _OPEN_END, values
    return _PROLONG_DECLARED, {**values, "declaration": declared[0], "declared": declared[1]}


def bound_elsewhere(still_open: Sequence[OpenVisit], door: Door, now: datetime) -> list[Asked]:
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
