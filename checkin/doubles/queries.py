from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.contacts.models import Contact
from checkin.declarations.models import Declaration
from checkin.doubles.likeness import LIKELY, LIKENESSES, Known
from checkin.joins.models import OPEN, SAME, STATES, Pair, PairScan, PairStep
from checkin.people.models import Person
from checkin.scope import rows
from checkin.visits.models import Visit

BLOCK = 500
_ROOT: Any = sa.func.coalesce(Person.same_as, Person.id, type_=sa.Uuid())
# A page need not count further.
MANY = 1000


@dataclass(frozen=True)
class Told:
    """The indexes of one row of a person."""

    id: UUID
    name_index: bytes
    id_index: bytes
    phone_index: bytes
    commune_id: str | None


def people_after(session: Session, after: UUID, limit: int) -> list[Told]:
    """The next rows of people by id, which is by the time they were first told."""
    query = sa.select(Person.id, Person.name_index, Person.id_index, Person.phone_index, Person.commune_id)
    return [
        Told(id_, bytes(name), bytes(number), bytes(phone), commune)
        for id_, name, number, phone, commune in session.execute(
            query.where(Person.id > after).order_by(Person.id).limit(limit)
        )
    ]


def sizes(session: Session, column: str, values: Collection[bytes]) -> dict[bytes, int]:
    """How many people share each of these values of an index, where that is two or more."""
    of: Any = getattr(Person, column)
    people = sa.func.count(sa.distinct(_ROOT))
    query = sa.select(of, people).where(of.in_(list(values))).group_by(of).having(people > 1)
    return {bytes(value): int(count) for value, count in session.execute(query)}


def sizes_by_commune(session: Session, names: Collection[bytes]) -> dict[tuple[bytes, str], int]:
    """How many people of one commune share each of these names with its year, where that is two or more."""
    people = sa.func.count(sa.distinct(_ROOT))
    query = (
        sa.select(Person.name_index, Person.commune_id, people)
        .where(Person.name_index.in_(list(names)), Person.commune_id.is_not(None))
        .group_by(Person.name_index, Person.commune_id)
        .having(people > 1)
    )
    return {(bytes(name), str(commune)): int(count) for name, commune, count in session.execute(query)}


def members(session: Session, column: str, values: Collection[bytes]) -> dict[bytes, set[UUID]]:
    """Who shares each of these values of an index."""
    of: Any = getattr(Person, column)
    found: dict[bytes, set[UUID]] = {}
    for value, root in session.execute(sa.select(of, _ROOT).where(of.in_(list(values)))):
        found.setdefault(bytes(value), set()).add(root)
    return found


def namesakes(session: Session, wanted: Collection[tuple[bytes, str]]) -> dict[tuple[bytes, str], set[UUID]]:
    """Who of a commune shares each of these names with its year."""
    key = sa.tuple_(Person.name_index, Person.commune_id)
    query = sa.select(Person.name_index, Person.commune_id, _ROOT).where(
        # The names once more, by which the index is read.
        Person.name_index.in_({name for name, _commune in wanted}), key.in_(list(wanted))
    )  # fmt: skip
    found: dict[tuple[bytes, str], set[UUID]] = {}
    for name, commune, root in session.execute(query):
        found.setdefault((bytes(name), str(commune)), set()).add(root)
    return found


def likenesses(session: Session, pairs: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], int]:
    """Those of these pairs that are known, with what they were found to agree in."""
    found: dict[tuple[UUID, UUID], int] = {}
    for start in range(0, len(pairs), BLOCK):
        which = sa.tuple_(Pair.one_id, Pair.other_id).in_(pairs[start : start + BLOCK])
        for one, other, like in session.execute(sa.select(Pair.one_id, Pair.other_id, Pair.likeness).where(which)):
            found[one, other] = like
    return found


def known(session: Session, person_ids: Sequence[UUID]) -> dict[UUID, Known]:
    """All that was told of these people, by person."""
    found = {person_id: Known(person_id) for person_id in person_ids}
    for start in range(0, len(person_ids), BLOCK):
        block = person_ids[start : start + BLOCK]
        query = sa.select(_ROOT, Person.name_index, Person.id_index, Person.phone_index, Person.commune_id)
        for column in (Person.id, Person.same_as):
            for root, name, number, phone, commune in session.execute(query.where(column.in_(block))):
                person = found[root]
                person.names.add(bytes(name))
                person.ids |= {bytes(number)} - {b""}
                person.phones |= {bytes(phone)} - {b""}
                person.communes |= {commune} - {None}
    return found


def last_scan(session: Session) -> PairScan | None:
    """The latest search."""
    return session.scalars(sa.select(PairScan).where(rows(session, PairScan)).order_by(PairScan.id.desc())).first()


@dataclass(frozen=True)
class Counts:
    """How many pairs wait, by what they agree in, and how many were decided either way; MANY stands for more."""

    open: dict[int, int]
    states: dict[str, int]


def counts(session: Session) -> Counts:
    """How many pairs there are in each list."""

    def some(*narrow: Any) -> int:
        block = sa.select(Pair.id).where(rows(session, Pair), *narrow).limit(MANY).subquery()
        return session.scalar(sa.select(sa.func.count()).select_from(block)) or 0

    waiting = {like: some(Pair.state == OPEN, Pair.likeness == like) for like in LIKENESSES}
    return Counts(waiting, {state: some(Pair.state == state) for state in STATES if state != OPEN})


def likely(session: Session) -> int:
    """How many pairs wait that are likely to be one person; MANY stands for more."""
    some = sa.select(Pair.id).where(rows(session, Pair), Pair.state == OPEN, Pair.likeness.in_(LIKELY)).limit(MANY)
    return session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def page(session: Session, state: str, like: int | None, after: UUID | None, limit: int) -> list[Pair]:
    """Pairs of a list by id, from the one after `after` on."""
    query = sa.select(Pair).where(rows(session, Pair), Pair.state == state)
    if like is not None:
        query = query.where(Pair.likeness == like)
    if after is not None:
        query = query.where(Pair.id > after)
    return list(session.scalars(query.order_by(Pair.id).limit(limit)))


def one(session: Session, pair_id: UUID, *, lock: bool = False) -> Pair | None:
    """A pair of the scope; with `lock` as whoever held it before left it."""
    query = sa.select(Pair).where(rows(session, Pair), Pair.id == pair_id)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)


def steps(session: Session, pair_id: UUID) -> list[PairStep]:
    """What was said of a pair, in order."""
    query = sa.select(PairStep).where(rows(session, PairStep), PairStep.pair_id == pair_id)
    return list(session.scalars(query.order_by(PairStep.number)))


def links_of(session: Session, people: Collection[UUID]) -> list[Pair]:
    """The pairs by which these people are one."""
    query = sa.select(Pair).where(rows(session, Pair), Pair.state == SAME, Pair.one_id.in_(list(people)))
    return list(session.scalars(query.order_by(Pair.id)))


@dataclass(frozen=True)
class Amounts:
    """How much there is of a person in the store."""

    visits: int = 0
    declarations: int = 0


def amounts(session: Session, people: Iterable[UUID]) -> dict[UUID, Amounts]:
    """How many visits and declarations each of these people has in the store."""
    ids = list(people)

    def count(table: Any) -> dict[UUID, int]:
        query = sa.select(table.person_id, sa.func.count()).where(rows(session, table), table.person_id.in_(ids))
        return {person: int(amount) for person, amount in session.execute(query.group_by(table.person_id))}

    visits, declarations = count(Visit), count(Declaration)
    return {person: Amounts(visits.get(person, 0), declarations.get(person, 0)) for person in ids}


def contacts_of(session: Session, people: Collection[UUID]) -> list[Contact]:
    """Everything that these people are contacts of."""
    query = sa.select(Contact).where(rows(session, Contact), Contact.person_id.in_(list(people)))
    return list(session.scalars(query.order_by(Contact.id)))
