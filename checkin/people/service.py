from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.db import insert_if_new
from checkin.ids import new_id
from checkin.people import queries
from checkin.people.identity import Indexes, same_person
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
