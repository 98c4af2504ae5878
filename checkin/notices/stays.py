"""Where and when a case was, as a notice can be about it: by its visits, and by what was told of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from checkin.movements.merging import Move, Time, together

# How it is known: a visit with its end or with a guess of it, a visit whose end was told, or told alone.
RECORDED, GUESSED, ENDED, TOLD = "recorded", "guessed", "ended", "told"


@dataclass(frozen=True)
class CaseStay:
    """A kept visit of a case's own."""

    id: UUID
    venue_id: UUID
    zone_id: UUID | None
    entered_at: datetime
    left_at: datetime | None
    until_likely: datetime
    until_latest: datetime


@dataclass(frozen=True)
class Stay:
    """One time at a place; with a guessed end until when it likely lasted."""

    id: UUID
    venue_id: UUID
    zone_id: UUID | None
    start: datetime
    end: datetime
    how: str


def stays(visits: Iterable[CaseStay], moves: Iterable[Move]) -> list[Stay]:
    """The times of a case at places, the newest first; no two of a guessed end and of what was told about it."""
    found = [_stay(time) for time in together(visits, moves)]
    return sorted(found, key=lambda one: (one.start, one.end, one.id), reverse=True)


def _stay(time: Time[CaseStay]) -> Stay:
    visit, move = time.visit, time.move
    if visit is not None:
        how = ENDED if move else RECORDED if time.recorded else GUESSED
        end = visit.until_likely if how == GUESSED else time.end
        return Stay(visit.id, visit.venue_id, visit.zone_id, time.start, end, how)
    if move is None:
        raise ValueError("a time is known by a visit or by what was told")
    return Stay(move.id, move.venue_id, None, time.start, time.end, TOLD)
