from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import scope
from checkin.db import is_postgresql
from checkin.declarations.models import OnFile
from checkin.people import queries as people
from checkin.people.identity import NONE, Indexes
from checkin.people.queries import Row
from checkin.personcards.models import COMMUNE, PersonCard, used_after

_FILE = tuple(name for name in vars(OnFile)["__annotations__"])
# More than anybody reads; a page has an end.
MOST_LISTED = 200


@dataclass(frozen=True)
class Card:
    """A card at a counter: whose it is, as far as it may be told, and what a declaration copies of it, unopened."""

    id: UUID
    masked_name: str
    revoked_at: datetime | None
    used_on: date
    on_file: dict[str, Any]

    @property
    def revoked(self) -> bool:
        """True where it was cancelled."""
        return self.revoked_at is not None

    @property
    def person_id(self) -> UUID:
        """The person, as of the day on which it was issued."""
        person_id: UUID = self.on_file["person_id"]
        return person_id


@dataclass(frozen=True)
class Line:
    """A card in a list, without what is sealed."""

    id: UUID
    masked_name: str
    issued_at: datetime
    issued_by: str
    used_on: date
    revoked_at: datetime | None
    revoked_how: str | None

    @property
    def last_used(self) -> date | None:
        """The day of its last use; None where it was not used after the day on which it was made."""
        return used_after(self.issued_at, self.used_on)


_LINE = tuple(getattr(PersonCard, name) for name in Line.__dataclass_fields__)


def by_code(session: Session, code_index: bytes) -> Card | None:
    """The card with this code, in use or not; None for a code of no card. Its scope must be set."""
    columns = [getattr(PersonCard, name) for name in ("id", "masked_name", "revoked_at", "used_on", *_FILE)]
    # Past the session, which refuses cards to an owner: whose card may be read is said by its code, whoever shows it.
    row = session.connection().execute(sa.select(*columns).where(PersonCard.code_index == code_index)).first()
    if row is None:
        return None
    return Card(row.id, row.masked_name, row.revoked_at, row.used_on, {name: getattr(row, name) for name in _FILE})


def of_device(session: Session, device: bytes, most: int = MOST_LISTED) -> list[Line]:
    """The cards that a browser issued, newest first. Its scope must be set."""
    return _lines(session, sa.select(*_LINE).where(PersonCard.device == device), most)


def issued_by_commune(session: Session, *, state: str = "", before: UUID | None = None, most: int) -> list[Line]:
    """The cards that the scope's station issued, newest first, below `before`; `state`: in_use, revoked or all."""
    query = sa.select(*_LINE).where(scope.rows(session, PersonCard), PersonCard.issued_by == COMMUNE)
    if state == "in_use":
        query = query.where(PersonCard.revoked_at.is_(None))
    elif state == "revoked":
        query = query.where(PersonCard.revoked_at.is_not(None))
    if before is not None:
        query = query.where(PersonCard.id < before)
    return [Line(*row) for row in session.execute(query.order_by(PersonCard.id.desc()).limit(most))]


def count_of_commune(session: Session) -> tuple[int, int]:
    """How many cards the scope's station issued that are known, and how many of them are in use."""
    row = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(PersonCard.revoked_at.is_(None))).where(
            scope.rows(session, PersonCard), PersonCard.issued_by == COMMUNE
        )
    ).one()
    return int(row[0]), int(row[1])


def of_people(session: Session, person_ids: Collection[UUID]) -> list[Line]:
    """The cards of these people that the scope may see, whoever issued them, newest first."""
    if not person_ids:
        return []
    query = sa.select(*_LINE).where(scope.rows(session, PersonCard), PersonCard.person_id.in_(person_ids))
    return _lines(session, query, MOST_LISTED)


def of_code(session: Session, code_index: bytes) -> list[Line]:
    """The card with this code, where the scope may see it; at most one."""
    query = sa.select(*_LINE).where(scope.rows(session, PersonCard), PersonCard.code_index == code_index)
    return _lines(session, query, 1)


def one(session: Session, card_id: UUID) -> PersonCard | None:
    """A card that the scope may see."""
    return session.scalar(sa.select(PersonCard).where(scope.rows(session, PersonCard), PersonCard.id == card_id))


def with_name(session: Session, told: Indexes) -> list[Row]:
    """Every row of people with this name and year of which a number was told; see `people.queries.with_name`.

    A station on PostgreSQL, which reads people of its own commune alone, learns here of the others' indexes.
    """
    if not _asks_the_database(session):
        return people.with_name(session, told.name)
    return [
        Row(row.same_as or row.id, bytes(row.id_index), bytes(row.phone_index))
        for row in _matching(session, told.name, None, None)
        if bytes(row.id_index) != NONE or bytes(row.phone_index) != NONE
    ]


def people_of(session: Session, *, name: bytes | None, number: bytes | None, phone: bytes | None) -> set[UUID]:
    """The people with this name and year, number or phone, wherever they are known."""
    if not _asks_the_database(session):
        found = people.matching(session, id_index=number, phone_index=phone, name_index=name, limit=500)
        return {match.person_id for match in found}
    return {row.same_as or row.id for row in _matching(session, name, number, phone)}


def _asks_the_database(session: Session) -> bool:
    return is_postgresql(session) and scope.current(session).role == scope.COMMUNE


def _matching(session: Session, name: bytes | None, number: bytes | None, phone: bytes | None) -> Sequence[Any]:
    asked = sa.text(
        "SELECT id, same_as, id_index, phone_index FROM people_matching(CAST(:name AS bytea), CAST(:number AS bytea), "
        "CAST(:phone AS bytea))"
    )
    return session.execute(asked, {"name": name, "number": number, "phone": phone}).all()


def _lines(session: Session, query: Any, most: int) -> list[Line]:
    newest = query.order_by(PersonCard.issued_at.desc(), PersonCard.id.desc()).limit(most)
    return [Line(*row) for row in session.execute(newest)]


def is_issued(session: Session, of_strip: bytes) -> bool:
    """True where the code on a strip belongs to a card, in use or not. Its scope must be set."""
    return session.scalar(sa.select(PersonCard.id).where(PersonCard.lost_index == of_strip)) is not None
