"""Whom the CDC gave to the station, in the order in which to call: by the hour in which they are due, in it the more
urgent first. How urgent is what the list of the case said when they were given, and is sealed with their names."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.contacts import queries
from checkin.contacts.words import Line, opened
from checkin.exposure import reasons
from checkin.exposure.reasons import Facts, Why
from checkin.pagekeys import START, Key, Leaf, Spot
from checkin.vault import Vault

# So many of an hour are opened to be ordered by urgency; the rest follow as they are due. Lists from elsewhere make
# a thousand due at once, and a page shows 50.
MOST = 500
HOUR = timedelta(hours=1)


# Of the keys of pages: when they are due, who, whether so many of their hour stood before them, how urgent, how
# exposed, and the how manieth of those of their hour that urgency orders.
SHAPE = (datetime, UUID, bool, int, int, int)


@dataclass(frozen=True)
class Turn:
    """Somebody to call, the name opened, and why they stand where they do; no reasons where the CDC gave none along."""

    line: Line
    why: Why | None


@dataclass(frozen=True)
class Part:
    """A page of the list before any name is opened: where it begins, how many are on it at most, whom to open for it,
    and who is due in an hour after so many that they keep the order of the minutes (`late`)."""

    spot: Spot = START
    size: int = 0
    ids: tuple[UUID, ...] = ()
    late: frozenset[UUID] = frozenset()


def part(session: Session, spot: Spot, *, limit: int) -> Part:
    """The page at a spot; the first one where nobody is left behind it, or before it no whole page."""
    found = Part()
    if spot.key is not None:
        found = _before(session, spot, limit) if spot.back else _behind(session, spot, limit)
    return found if found.size else _behind(session, START, limit)


def _behind(session: Session, spot: Spot, limit: int) -> Part:
    """The hour of the key as far as urgency orders it, and from there on so many as they are due."""
    due, key_id, late, *_, number = spot.key or (None, None, True, 0)
    here = hour(due) if due else None
    block = [] if late or not here else queries.due_in(session, here, here + HOUR, limit=MOST)
    last: tuple[datetime, UUID] | None = block[-1] if block else (due, key_id) if due else None
    ahead = queries.to_call(session, Spot(last), limit=limit + 1)
    ids = dict.fromkeys(one.id for one in (*block, *ahead))
    behind = set()
    for at, of_hour in groupby(ahead, key=lambda one: hour(one.due_at)):
        behind |= {one.id for nth, one in enumerate(of_hour) if at == here or nth >= MOST}
    if ahead and (edge := hour(ahead[-1].due_at)) != here:
        # It may go on behind the page, and urgency may bring those to the front.
        ids |= dict.fromkeys(one.id for one in queries.due_in(session, edge, edge + HOUR, limit=MOST))
    # Who stood up to the key may be gone by now: then more are on the page than it seems.
    size = len(ids) - (0 if late else number)
    return Part(spot, min(limit, size if size > 0 else len(ids)), tuple(ids), frozenset(behind))


def _before(session: Session, spot: Spot, limit: int) -> Part:
    """The same the other way; nobody where no whole page is left there."""
    due, key_id, late, *_, number = spot.key or ()
    here = hour(due)
    block = queries.due_in(session, here, here + HOUR, limit=MOST)
    start = (due, key_id) if late else (here, UUID(int=0))
    ahead = queries.to_call(session, Spot(start, back=True), limit=limit + 1)
    ids = dict.fromkeys(one.id for one in (*block, *ahead))
    size = len(ids) if late else len(ahead) + number - 1
    if size <= limit:
        return Part()
    behind = set()
    for at, of_hour in groupby(ahead, key=lambda one: hour(one.due_at)):
        first = queries.due_in(session, at, at + HOUR, limit=MOST) if at == hour(ahead[0].due_at) else None
        if at == here:
            first = block
        if first is None:
            behind |= {one.id for nth, one in enumerate(of_hour) if nth >= MOST}
        else:
            behind |= {one.id for one in of_hour} - {one.id for one in first}
            ids |= dict.fromkeys(one.id for one in first)
    return Part(spot, limit, tuple(ids), frozenset(behind))


def turns(session: Session, vault: Vault, page: Part) -> Leaf[Turn]:
    """The page, opened; the caller has put the reading on record."""
    lines = [opened(vault, contact) for contact in queries.some(session, page.ids)]
    listed = in_order(((line, reasons.kept(line.why)) for line in lines), page.late)
    keys = list(_keys(listed, page.late))
    if page.spot.key is None:
        first, last = 0, page.size
    else:
        due, key_id, late, urgency, exposure, _ = page.spot.key
        at = _turn(due, key_id, late, urgency, exposure)
        if page.spot.back:
            last = sum(_turn(*key[:5]) < at for key in keys)
            first = max(0, last - page.size)
        else:
            first = sum(_turn(*key[:5]) <= at for key in keys)
            last = first + page.size
    shown = listed[first:last]
    if not shown:
        return Leaf([])
    return Leaf(
        [Turn(line, reasons.in_words(facts) if facts else None) for line, facts in shown],
        keys[first] if page.spot.key is not None else None,
        keys[first + len(shown) - 1] if page.spot.back or first + len(shown) < len(listed) else None,
    )


def _keys(listed: Iterable[tuple[Line, Facts | None]], late: Set[UUID]) -> Iterator[Key]:
    """Of each the key; all of an hour that urgency orders are there, or none of them is asked for."""
    for _, of_hour in groupby(listed, key=lambda one: hour(one[0].contact.due_at)):
        for number, (line, facts) in enumerate(of_hour, start=1):
            contact, found = line.contact, facts or Facts()
            yield contact.due_at, contact.id, contact.id in late, found.urgency, found.exposure, number


def in_order(given: Iterable[tuple[Line, Facts | None]], late: Set[UUID]) -> list[tuple[Line, Facts | None]]:
    """By the hour in which they are due, then by urgency, by exposure, and by the minute; who is `late` in an hour by
    the minute alone."""

    def turn(one: tuple[Line, Facts | None]) -> tuple[Any, ...]:
        contact, facts = one[0].contact, one[1] or Facts()
        return _turn(contact.due_at, contact.id, contact.id in late, facts.urgency, facts.exposure)

    return sorted(given, key=turn)


def _turn(due: datetime, contact_id: UUID, late: bool, urgency: int, exposure: int) -> tuple[Any, ...]:
    return hour(due), late, *((0, 0) if late else (-urgency, -exposure)), due, contact_id


def hour(moment: datetime) -> datetime:
    """The hour in which a moment lies; those of the province begin with those of UTC."""
    return moment.replace(minute=0, second=0, microsecond=0)
