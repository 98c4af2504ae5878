from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.joins.models import joined
from checkin.scope import current, rows, sight

BLOCK = 500
_ASKED = "any_joined"


@dataclass(frozen=True)
class Group:
    """One person: the main one of those that were joined, and all of them, the one known longest first."""

    main: UUID
    members: tuple[UUID, ...]


def any_joined(session: Session) -> bool:
    """True where anybody at all was joined: else nothing needs folding. A station, which is told of no joining, reads
    everybody as they were recorded."""
    if sight(current(session), joined.name) is None:
        return False
    transaction, found = session.info.get(_ASKED, (None, False))
    if transaction is None or transaction is not session.get_transaction():
        found = session.scalar(sa.select(joined.c.member_id).where(rows(session, joined)).limit(1)) is not None
        # A page asks for half a dozen reasons.
        session.info[_ASKED] = session.get_transaction(), found
    return bool(found)


def ask_again(session: Session) -> None:
    """Forget what `any_joined` found: who is joined may have changed within this transaction."""
    session.info.pop(_ASKED, None)


def everybody_joined(session: Session) -> list[UUID]:
    """All that were joined with somebody: few, by hand one by one."""
    return (
        list(session.scalars(sa.select(joined.c.member_id).where(rows(session, joined)))) if any_joined(session) else []
    )


def groups_of(session: Session, person_ids: Iterable[UUID]) -> dict[UUID, Group]:
    """The group of each of these people; of who was joined with nobody, themselves alone."""
    wanted = list(dict.fromkeys(person_ids))
    found: dict[UUID, list[UUID]] = {}
    own, other = joined.alias("own"), joined.alias("other")
    if wanted and any_joined(session):
        for start in range(0, len(wanted), BLOCK):
            asked = sa.select(own.c.main_id).where(own.c.member_id.in_(wanted[start : start + BLOCK]))
            for member, main in session.execute(
                sa.select(other.c.member_id, other.c.main_id).where(rows(session, other), other.c.main_id.in_(asked))
            ):
                found.setdefault(main, []).append(member)
    by_member = {
        member: Group(main, tuple(sorted({*members}))) for main, members in found.items() for member in members
    }
    return {person: by_member.get(person, Group(person, (person,))) for person in wanted}


def group_of(session: Session, person_id: UUID) -> Group:
    """The group of one person."""
    return groups_of(session, [person_id])[person_id]


def everybody_of(session: Session, person_ids: Iterable[UUID]) -> list[UUID]:
    """These people and all with whom any of them was joined."""
    found = groups_of(session, person_ids)
    return list(dict.fromkeys(member for group in found.values() for member in group.members))


def folded(store: Any) -> Any:
    """A store of visits in which every one is of the main person: what is then found of one is of all they are."""
    main = sa.func.coalesce(joined.c.main_id, store.c.person_id, type_=sa.Uuid()).label("person_id")
    columns = [main if column.name == "person_id" else column for column in store.c]
    return (
        sa.select(*columns)
        .select_from(store.outerjoin(joined, joined.c.member_id == store.c.person_id))
        .subquery("folded")
    )


def persons(table: Any) -> Any:
    """(id, person_id) of each row of a table that names a person, and of everybody with whom they were joined."""
    own, other = joined.alias("own"), joined.alias("other")
    return sa.union(
        sa.select(table.id, table.person_id).where(table.person_id.is_not(None)),
        sa.select(table.id, other.c.member_id)
        .join(own, own.c.member_id == table.person_id)
        .join(other, other.c.main_id == own.c.main_id),
    ).subquery("persons")
