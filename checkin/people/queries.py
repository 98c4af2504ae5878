from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.people.models import Person


def with_name(session: Session, name_index: bytes) -> list[sa.Row[tuple[UUID, bytes, bytes]]]:
    """id, id_index and phone_index of everybody with this name and birth year."""
    return list(
        session.execute(
            sa.select(Person.id, Person.id_index, Person.phone_index).where(Person.name_index == name_index)
        )
    )


@dataclass(frozen=True)
class Match:
    """A person that a lookup found, and by what: some of 'id_number', 'phone', 'name'."""

    person_id: UUID
    by: tuple[str, ...]


def matching(
    session: Session,
    *,
    id_index: bytes | None,
    phone_index: bytes | None,
    name_index: bytes | None,
    limit: int = 50,
) -> list[Match]:
    """People who agree in any of the given indexes, those who agree in most first."""
    asked = {
        "id_number": (Person.id_index, id_index),
        "phone": (Person.phone_index, phone_index),
        "name": (Person.name_index, name_index),
    }
    given = {name: (column, value) for name, (column, value) in asked.items() if value}
    if not given:
        return []
    people = session.scalars(
        sa.select(Person).where(sa.or_(*(column == value for column, value in given.values()))).limit(limit * 4)
    )
    matches = [
        Match(
            person.id,
            tuple(name for name, (column, value) in given.items() if bytes(getattr(person, column.key)) == value),
        )
        for person in people
    ]
    order = {"id_number": 0, "phone": 1, "name": 2}
    matches.sort(key=lambda match: (-len(match.by), order[match.by[0]], match.person_id))
    return matches[:limit]
