"""The people that one device remembers: pure rules, before anything is encrypted."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from checkin.declarations.told import Identity
from checkin.fold import fold

# As many as stand on one sheet.
MOST = 10
KEPT = timedelta(days=90)


@dataclass(frozen=True)
class Remembered:
    """Somebody who declared on this device: when last, and whether every answer was no."""

    who: Identity
    declared_on: date
    all_no: bool
    # What pages call them by: random, of this device alone.
    key: str = "0"
    # Whether they were on the last form that was sent from here.
    together: bool = True


@dataclass(frozen=True)
class LastForm:
    """The form that was sent last from a device: its submission, at which code, and when for the first time."""

    submission_id: UUID
    code: str
    sent_at: datetime


def as_values(people: Sequence[Remembered], last: LastForm | None) -> dict[str, Any]:
    """What the cookie holds."""
    rows = [
        {"who": one.who.as_dict(), "on": one.declared_on.isoformat(), "no": one.all_no, "key": one.key}
        | {"with": one.together}
        for one in people
    ]
    form = [last.submission_id.hex, last.code, last.sent_at.isoformat()] if last else None
    return {"last": form, "people": rows}


def from_values(values: dict[str, Any], today: date) -> tuple[list[Remembered], LastForm | None]:
    """(who is remembered, the last form if it is known), also from the cookie of one person of before; who declared
    long ago is left out. Raises LookupError, TypeError or ValueError for anything else."""
    if "people" not in values:
        values = {"last": None, "people": [{**values, "no": values["all_no"], "key": "0", "with": True}]}
    people = [
        Remembered(
            Identity.from_dict(row["who"]),
            date.fromisoformat(row["on"]),
            bool(row["no"]),
            str(row["key"]),
            bool(row["with"]),
        )
        for row in values["people"]
    ]
    form = values["last"]
    last = LastForm(UUID(str(form[0])), str(form[1]), datetime.fromisoformat(form[2])) if form else None
    return [one for one in people if today - one.declared_on <= KEPT], last


def added(known: Sequence[Remembered], declared: Sequence[Remembered], *, corrected: bool) -> list[Remembered]:
    """Who is remembered after a form about `declared`: the first stays first, and who is told of once more keeps their
    place. `corrected`: the form says anew what the last one said, so that a name mistyped there goes."""
    people = [replace(one, together=False) for one in known]
    mistyped = [one.key for one in known if corrected and one.together]
    for one in declared:
        at = next((at for at, other in enumerate(people) if same(other.who, one.who)), None)
        if at is None:
            gone = (
                at for at, other in enumerate(people) if other.key in mistyped and _alike(other.who, one.who, declared)
            )
            at = next(gone, None)
        if at is None:
            people.append(replace(one, key=_key(people), together=True))
        else:
            people[at] = replace(one, key=people[at].key, together=True)
    while len(people) > MOST:
        people = without_oldest(people)
    return people


def without_oldest(people: Sequence[Remembered]) -> list[Remembered]:
    """All but the one who declared longest ago: never the first, who owns the device, while there is another."""
    if len(people) < 2:
        return []
    oldest = min(range(1, len(people)), key=lambda at: (people[at].together, people[at].declared_on, -at))
    return [one for at, one in enumerate(people) if at != oldest]


def same(one: Identity, other: Identity) -> bool:
    """True for one person, by the rule of the store: name and birth year, and the id number; or, where one side told
    none, the phone."""
    if (fold(one.full_name), one.birth_year) != (fold(other.full_name), other.birth_year):
        return False
    if one.id_number and other.id_number:
        return one.id_number == other.id_number
    return one.phone == other.phone


def _alike(old: Identity, new: Identity, declared: Sequence[Remembered]) -> bool:
    """True where `new` is likely what `old` should have been: of name, birth year and phone two agree, and nobody on
    the form is `old` still. Another name must come with the same id number: spouses share a phone, and may a year."""
    if any(same(old, one.who) for one in declared):
        return False
    named = fold(old.full_name) == fold(new.full_name)
    if not named and not (old.id_number and old.id_number == new.id_number):
        return False
    return sum((named, old.birth_year == new.birth_year, old.phone == new.phone)) >= 2


def _key(people: Sequence[Remembered]) -> str:
    used = {one.key for one in people}
    while (key := secrets.token_hex(3)) in used:
        pass
    return key
