"""A form that is sent once more with something changed: for how long that is a correction, and what becomes of each
visit. Pure rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from checkin.visits.outcomes import CheckIn, Declared, as_kept, as_text, from_text, kept
from checkin.visits.remembered import MOST as ON_A_SHEET

# Our own rule, of no directive: so long a slip of the finger is set right without a mark. Counted from the form's first
# sending; what is changed later is a declaration of its own, flagged.
MINUTES = 5
CORRECTABLE = timedelta(minutes=MINUTES)
# Of so many people one form speaks in all: twice a full sheet. It is locked, read and written whole each time.
MOST = 2 * ON_A_SHEET


@dataclass(frozen=True)
class Entry:
    """A visit of a form, and what the form said last about whoever made it."""

    visit_id: UUID
    entered_at: datetime
    # The first of this form about them, which corrections name; and the latest.
    first: UUID
    own: Declared
    # What the visit pointed to before it pointed to one of this form, where that was of another form.
    before: Declared | None = None


@dataclass(frozen=True)
class Standing:
    """The visit as it stands in the store: whose it is, the index of their name, which declaration it goes with."""

    person_id: UUID
    name: bytes
    declared: Declared | None
    # False for one of another form, which this one prolonged.
    own: bool = True


def is_open(first_sent: datetime, now: datetime) -> bool:
    """True while what a form says is corrected, not declared anew."""
    return now - first_sent <= CORRECTABLE


def last_of(body: bytes, result: dict[str, Any] | None) -> tuple[bytes, dict[str, Any] | None]:
    """(body's hash, result) of what a form said last."""
    last = (result or {}).get("last")
    return (bytes.fromhex(last["body"]), last["result"]) if last else (body, result)


def entries_of(result: dict[str, Any] | None) -> list[Entry]:
    """The visits of a form, corrected or not; none of a form of before there were corrections."""
    if result and "chain" in result:
        return [
            Entry(
                UUID(one["visit"]),
                datetime.fromisoformat(one["entered_at"]),
                UUID(one["first"]),
                (UUID(one["own"][0]), datetime.fromisoformat(one["own"][1])),
                from_text(one.get("before")),
            )
            for one in result["chain"]
        ]
    return [entry for one in kept(result) if (entry := entry_of(one)) is not None]


def entry_of(came: CheckIn) -> Entry | None:
    """What a form's first word about somebody is remembered by."""
    if came.declaration_id is None:
        return None
    own = (came.declaration_id, came.declared_at)
    return Entry(came.visit_id, came.entered_at, came.declaration_id, own, came.before)


def as_corrected(
    first: dict[str, Any] | None, entries: Iterable[Entry], body: bytes, found: Sequence[CheckIn]
) -> dict[str, Any]:
    """What the submission keeps from now on: its first result, its visits, and what it said last."""
    chain = [
        {
            "visit": str(one.visit_id),
            "entered_at": one.entered_at.isoformat(),
            "first": str(one.first),
            "own": as_text(one.own),
            **({"before": as_text(one.before)} if one.before else {}),
        }
        for one in entries
    ]
    return {**(first or {}), "chain": chain, "last": {"body": body.hex(), "result": as_kept(found)}}


def matched(persons: Sequence[tuple[UUID, bytes]], standing: Sequence[Standing | None]) -> dict[int, int]:
    """Which visit each of these people had, by their places: theirs, or that of one of the same name and birth year
    whose number was mistyped, where this form made it. Nobody has that of another name: who goes Back and declares
    somebody else means two."""
    found: dict[int, int] = {}
    for place, (person_id, _name) in enumerate(persons):
        mine = (at for at, one in enumerate(standing) if one is not None and one.person_id == person_id)
        if (at := next(mine, None)) is not None:
            found[place] = at
    for place, (_person_id, name) in enumerate(persons):
        if place in found:
            continue
        taken = set(found.values())
        alike = (at for at, one in enumerate(standing) if one and one.own and at not in taken and one.name == name)
        if (at := next(alike, None)) is not None:
            found[place] = at
    return found


def point(entry: Entry, pointed: Declared | None, new: Declared, *, all_no: bool) -> tuple[Entry, Declared | None]:
    """(the entry from now on, what its visit goes with from now on), after a correction.

    It goes with the form's last word, unless another form said yes meanwhile or had said so before: that yes stays.
    """
    mine = pointed == entry.own
    if not all_no:
        before = entry.before if mine else pointed
        return replace(entry, own=new, before=before), new
    return replace(entry, own=new), ((entry.before or new) if mine else pointed)
