from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.batch import Answer, Asked, together
from checkin.people.models import TOLD, Person

_TOLD = sa.text(f"({TOLD.text})")
_WITH_NAME = sa.select(Person.id, Person.same_as, Person.id_index, Person.phone_index).where(
    # Who told neither number is nobody else; without these words the index of the rest cannot be used.
    Person.name_index == sa.bindparam("name_index"),
    _TOLD,
)
_WITH_NAMES = sa.select(Person.name_index, Person.id, Person.same_as, Person.id_index, Person.phone_index).where(
    Person.name_index.in_(sa.bindparam("name_indexes", expanding=True)), _TOLD
)
_WITH_ID = sa.select(Person.same_as, Person.id, Person.name_index).where(Person.id_index == sa.bindparam("id_index"))
BLOCK = 1000


@dataclass(frozen=True)
class Row:
    """One row of a person, whose first row is `root`."""

    root: UUID
    id_index: bytes
    phone_index: bytes


def ask_with_name(name_index: bytes) -> Asked:
    """The question for every row with this name and birth year, to be sent with others; see `read_with_name`."""
    return _WITH_NAME, {"name_index": name_index}


def read_with_name(answer: Answer) -> list[Row]:
    """What the answer to `ask_with_name` says."""
    return [
        Row(same_as or own, bytes(id_index), bytes(phone_index)) for own, same_as, id_index, phone_index in answer.rows
    ]


def with_name(session: Session, name_index: bytes) -> list[Row]:
    """Every row with this name and birth year of which a number was told."""
    return read_with_name(together(session, [ask_with_name(name_index)])[0])


def with_id(session: Session, id_index: bytes) -> list[tuple[UUID, bytes]]:
    """(first row of the person, index of the name that was told) of every row with this id number."""
    answer = together(session, [(_WITH_ID, {"id_index": id_index})])[0]
    return [(same_as or own, bytes(name)) for same_as, own, name in answer.rows]


def with_names(session: Session, name_indexes: Iterable[bytes]) -> dict[bytes, list[Row]]:
    """The same for many names at once; a name of nobody has an empty list."""
    found: dict[bytes, list[Row]] = {name: [] for name in name_indexes}
    names = list(found)
    for start in range(0, len(names), BLOCK):
        rows = session.execute(_WITH_NAMES, {"name_indexes": names[start : start + BLOCK]})
        for name, own, same_as, id_index, phone_index in rows:
            found[bytes(name)].append(Row(same_as or own, bytes(id_index), bytes(phone_index)))
    return found


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
