"""Where somebody was: visits and what they told, as rows of the lookup."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.exposure import queries
from checkin.exposure.queries import StayRow
from checkin.movements import queries as movements
from checkin.movements.merging import Move, Time, together

# How the end of such a stay was set.
TOLD = "told"
NOWHERE = UUID(int=0)


def own_stays(session: Session, case: Case, start: datetime, end: datetime) -> list[StayRow]:
    """Where the case was that can meet [start, end], newest first; what was told overrides guessed ends."""
    visits = queries.own_stays(session, case.id, start, end)
    return [
        stay
        for stay in with_told(visits, movements.of_person(session, case.person_id))
        if stay.entered_at <= end and (stay.left_at or stay.until_latest) >= start
    ]


def with_told(visits: Iterable[StayRow], moves: Iterable[Move]) -> list[StayRow]:
    """These visits of one person with what they told, newest first; such a stay has its end set by TOLD."""
    return [_row(time) for time in reversed(together(visits, moves))]


def _row(time: Time[StayRow]) -> StayRow:
    move, end = time.move, time.end
    if move is None:
        return cast(StayRow, time.visit)
    row = time.visit or told_row(move.id, move.person_id, time.venue_id, time.start, end)
    return replace(row, entered_at=time.start, left_at=end, end_set_by=TOLD, until_likely=end, until_latest=end)


def told_row(move_id: UUID, person_id: UUID, venue_id: UUID | None, start: datetime, end: datetime) -> StayRow:
    """A stay that was told alone."""
    return StayRow(
        id=move_id, person_id=person_id, venue_id=venue_id or NOWHERE, zone_id=None, entered_at=start, left_at=end,
        end_set_by=TOLD, until_likely=end, until_latest=end, declaration_id=None, declared_at=None, group_id=None,
        triage=None, symptoms=None, contact_sick=None, travel=None, commune_id=None, province_id=None, flags="",
    )  # fmt: skip
