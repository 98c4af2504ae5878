from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.bulk import insert_new
from checkin.db import insert_if_new
from checkin.ids import new_id
from checkin.people import queries
from checkin.people.identity import NONE, Indexes, same_person
from checkin.people.models import Person
from checkin.people.queries import Row


def identify(
    session: Session, *, now: datetime, told: Indexes, commune_id: str | None, known: Sequence[Row] | None = None
) -> UUID:
    """The person whom these indexes mean, made when new. `known` is who has that name, where it was asked already.

    What is told for the first time of somebody known is kept as a row of theirs, so that it finds them too.
    """
    known = queries.with_name(session, told.name) if known is None else known
    root = same_person(told, known)
    if root is not None and Row(root, told.id, told.phone) in known:
        return root
    person_id = new_id(now)
    values = row(person_id=person_id, told=told, same_as=root, commune_id=commune_id, now=now)
    if insert_if_new(session, Person.__table__, values):
        return root or person_id
    # Somebody told the same at the same moment: theirs is committed now.
    found = same_person(told, queries.with_name(session, told.name))
    if found is None:
        raise RuntimeError("a person that exists cannot be seen")
    return found


@dataclass(frozen=True, slots=True)
class Teller:
    """What was told of one of many; `own_id` becomes the person's where neither number was told."""

    told: Indexes
    commune_id: str | None
    own_id: UUID


class _TooLate(Exception):
    """Somebody told the same at the same moment: what was decided without them is taken back."""


# Each try is lost to somebody who committed in between, so the next one sees more.
TRIES = 20


def identify_all(session: Session, *, now: datetime, tellers: Sequence[Teller]) -> list[UUID]:
    """The persons whom these mean, as `identify` would find them one after the other, in a few statements."""
    named = [teller for teller in tellers if teller.told.id != NONE or teller.told.phone != NONE]
    for _ in range(TRIES):
        try:
            with session.begin_nested():
                known = queries.with_names(session, {teller.told.name for teller in named})
                persons, values = _decide(known, tellers, now)
                # By their key, so that two who store the same people wait for each other in one order.
                values.sort(key=lambda v: (v["name_index"], v["id_index"], v["phone_index"]))
                if insert_new(session, Person.__table__, values) < len(values):  # type: ignore[arg-type]
                    raise _TooLate
            break
        except _TooLate:
            continue
    else:
        raise RuntimeError("persons that exist cannot be seen")
    alone = [
        row(person_id=t.own_id, told=t.told, same_as=None, commune_id=t.commune_id, now=now)
        for t in tellers
        if t.told.id == NONE and t.told.phone == NONE
    ]
    insert_new(session, Person.__table__, alone)  # type: ignore[arg-type]
    return persons


def _decide(
    known: dict[bytes, list[queries.Row]], tellers: Sequence[Teller], now: datetime
) -> tuple[list[UUID], list[dict[str, Any]]]:
    """The person of each, and the rows to add; `known` learns what each told."""
    # In order: of several that agree the one known longest is meant.
    fresh = iter(sorted(new_id(now) for _ in tellers))
    persons, values = [], []
    for teller in tellers:
        told = teller.told
        if told.id == NONE and told.phone == NONE:
            persons.append(teller.own_id)
            continue
        rows = known[told.name]
        root = same_person(told, rows)
        if not any(other.id_index == told.id and other.phone_index == told.phone for other in rows):
            person_id = next(fresh)
            values.append(row(person_id=person_id, told=told, same_as=root, commune_id=teller.commune_id, now=now))
            rows.append(queries.Row(root or person_id, told.id, told.phone))
            root = root or person_id
        if root is None:
            raise RuntimeError("somebody who told the same is the same person")
        persons.append(root)
    return persons, values


def row(
    *, person_id: UUID, told: Indexes, same_as: UUID | None, commune_id: str | None, now: datetime
) -> dict[str, Any]:
    """The columns of a person's row; `same_as` is their first row, None on that row itself."""
    return {
        "id": person_id,
        "name_index": told.name,
        "id_index": told.id,
        "phone_index": told.phone,
        "same_as": same_as,
        "commune_id": commune_id,
        "created_at": now,
    }
