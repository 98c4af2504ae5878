from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.people.models import Person

_WITH_NAME = sa.select(Person.id, Person.same_as, Person.id_index, Person.phone_index).where(
    Person.name_index == sa.bindparam("name_index")
)


@dataclass(frozen=True)
class Row:
    """One row of a person, whose first row is `root`."""

    root: UUID
    id_index: bytes
    phone_index: bytes


def with_name(session: Session, name_index: bytes) -> list[Row]:
    """Every row with this name and birth year."""
    rows = session.execute(_WITH_NAME, {"name_index": name_index})
    return [Row(same_as or own, bytes(id_index), bytes(phone_index)) for own, same_as, id_index, phone_index in rows]


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
    limit: int | None = 50,
) -> list[Match]:
    """People who agree in any of the given indexes, those who agree in most first; at most `limit`."""
    asked = {
        "id_number": (Person.id_index, id_index),
        "phone": (Person.phone_index, phone_index),
        "name": (Person.name_index, name_index),
    }
    given = {name: (column, value) for name, (column, value) in asked.items() if value}
    if not given:
        return []
    # Whoever has the number comes before whoever has the name: a common name must not push them off the end.
    weight = sa.case(
        *((column == value, number) for number, (column, value) in enumerate(given.values())), else_=len(given)
    )
    rows = session.scalars(
        sa.select(Person)
        .where(sa.or_(*(column == value for column, value in given.values())))
        .order_by(weight, Person.id)
        .limit(limit and limit * 4)
    )
    by: dict[UUID, set[str]] = {}
    for row in rows:
        agreed = {name for name, (column, value) in given.items() if bytes(getattr(row, column.key)) == value}
        by.setdefault(row.same_as or row.id, set()).update(agreed)
    order = list(asked)
    matches = [Match(root, tuple(sorted(names, key=order.index))) for root, names in by.items()]
    matches.sort(key=lambda match: (-len(match.by), order.index(match.by[0]), match.person_id))
    return matches[:limit]
