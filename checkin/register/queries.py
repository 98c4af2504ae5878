from collections.abc import Collection, Iterator
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.register.models import RUNNING, WAITING, RegisterImport, RegisterNumber, RegisterPart
from checkin.register.planning import Held
from checkin.register.sameness import Known
from checkin.scope import rows
from checkin.vault import Vault, VaultError
from checkin.venues.models import CLOSED, Venue

BLOCK = 400


def imports(session: Session, limit: int = 20) -> list[RegisterImport]:
    """The registers that the one in scope sent, the newest first."""
    newest = sa.select(RegisterImport).where(rows(session, RegisterImport)).order_by(RegisterImport.sent_at.desc())
    return list(session.scalars(newest.limit(limit)))


def import_of(session: Session, import_id: UUID) -> RegisterImport | None:
    """A register, for who sent it."""
    return session.scalar(
        sa.select(RegisterImport).where(rows(session, RegisterImport), RegisterImport.id == import_id)
    )


def running(session: Session) -> list[RegisterImport]:
    """Those that a process works on, or did before it died."""
    return list(session.scalars(sa.select(RegisterImport).where(RegisterImport.state == RUNNING)))


def next_waiting(session: Session) -> RegisterImport | None:
    """The one that waited longest."""
    return session.scalar(
        sa.select(RegisterImport)
        .where(RegisterImport.state == WAITING)
        .order_by(RegisterImport.asked_at, RegisterImport.id)
        .limit(1)
    )


def part(session: Session, import_id: UUID, kind: str, number: int) -> bytes | None:
    """A locked piece."""
    return session.scalar(
        sa.select(RegisterPart.body).where(
            rows(session, RegisterPart),
            RegisterPart.import_id == import_id,
            RegisterPart.kind == kind,
            RegisterPart.number == number,
        )
    )


def parts(session: Session, import_id: UUID, kind: str) -> Iterator[bytes]:
    """The locked pieces of one kind, in their order, one at a time."""
    number = 0
    while (body := part(session, import_id, kind, number)) is not None:
        yield body
        number += 1


def held(session: Session, vault: Vault, *, numbers: Collection[str], names: Collection[tuple[str, str]]) -> Held:
    """Venues in force with these register numbers, or of these folded names in these communes, as far as seen."""
    of_numbers = taken(session, numbers)
    by_number = {
        venue.number: venue
        for block in _blocks(set(of_numbers.values()))
        for venue in _venues(session, vault, Venue.id.in_(block))
        if venue.number in of_numbers
    }
    by_name: dict[tuple[str, str], list[Known]] = {}
    communes = {commune for _, commune in names}
    for block in _blocks({name for name, _ in names}):
        for venue in _venues(session, vault, Venue.name_fold.in_(block), Venue.commune_id.in_(communes)):
            by_name.setdefault(venue.name_key, []).append(venue)
    return Held(by_number, by_name, frozenset(of_numbers) - _free(session, of_numbers, set(by_number)))


def taken(session: Session, numbers: Collection[str]) -> dict[str, UUID]:
    """Which of these register numbers are taken, and by which venue."""
    return {
        number: venue_id
        for block in _blocks(numbers)
        for number, venue_id in session.execute(
            sa.select(RegisterNumber.number, RegisterNumber.venue_id).where(
                rows(session, RegisterNumber), RegisterNumber.number.in_(block)
            )
        )
    }


def parent(session: Session, venue_id: UUID) -> UUID | None:
    """What a venue stands inside."""
    return session.scalar(sa.select(Venue.parent_id).where(rows(session, Venue), Venue.id == venue_id))


def _free(session: Session, taken: dict[str, UUID], found: set[str]) -> set[str]:
    """Numbers of venues that the scope sees and that are closed: whoever opens there again gets them."""
    rest = {number: venue_id for number, venue_id in taken.items() if number not in found}
    closed: set[UUID] = set()
    for block in _blocks(set(rest.values())):
        closed |= set(
            session.scalars(sa.select(Venue.id).where(rows(session, Venue), Venue.id.in_(block), Venue.state == CLOSED))
        )
    return {number for number, venue_id in rest.items() if venue_id in closed}


def _venues(session: Session, vault: Vault, *which: sa.ColumnElement[bool]) -> Iterator[Known]:
    v = Venue.__table__.c
    found = session.execute(
        sa.select(
            v.id, RegisterNumber.number, v.name, v.kind, v.address, v.commune_id, v.contact, v.opens_at, v.closes_at,
            v.plate, v.parent_id, v.owner_id,
        )
        .select_from(Venue)
        .outerjoin(RegisterNumber, RegisterNumber.venue_id == Venue.id)
        .where(rows(session, Venue), Venue.state != CLOSED, *which)
        .order_by(Venue.id, RegisterNumber.number)
    )  # fmt: skip
    for row in found:
        yield Known(
            id=row.id,
            number=row.number or "",
            name=row.name,
            kind=row.kind,
            address=row.address,
            commune_id=row.commune_id,
            phone=_phone(vault, row.contact),
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            plate=row.plate or "",
            parent_id=row.parent_id,
            owned=row.owner_id is not None,
        )


def _phone(vault: Vault, contact: bytes | None) -> str:
    if contact is None:
        return ""
    try:
        return str(vault.unlock("owner", contact).get("phone") or "")
    except VaultError:
        return ""


def _blocks(values: Collection[object]) -> Iterator[list[object]]:
    listed = sorted(values, key=str)
    for start in range(0, len(listed), BLOCK):
        yield listed[start : start + BLOCK]


def same_file(session: Session, register: RegisterImport) -> int:
    """How many others of the province work on the very same file now; whose they are is not told.

    On PostgreSQL a function counts them, since everybody sees their own files alone.
    """
    if is_postgresql(session):
        return int(session.scalar(sa.select(sa.func.same_register(register.id))) or 0)
    asked = sa.select(sa.func.count()).where(
        RegisterImport.sha256 == register.sha256,
        RegisterImport.id != register.id,
        RegisterImport.made_by != register.made_by,
        RegisterImport.state.in_((WAITING, RUNNING)),
    )
    return session.scalar(asked) or 0


def is_to_stop(session: Session, import_id: UUID) -> bool:
    """True once somebody stopped it."""
    return session.scalar(sa.select(RegisterImport.stop_at).where(RegisterImport.id == import_id)) is not None
