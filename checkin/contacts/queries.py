from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from checkin.cases.models import Case
from checkin.cases.queries import Which
from checkin.contacts.judging import CALL, F1, F2, NOT
from checkin.contacts.models import (
    ILL,
    MOVED,
    NAMED,
    POSITIVE,
    REACHED,
    REFUSED,
    SENT,
    STAGES,
    TO_CDC,
    Contact,
    ContactCheck,
    ContactNear,
    ContactStep,
)
from checkin.joins import queries as joins
from checkin.joins.models import joined
from checkin.pagekeys import START, Leaf, Spot, cut, page
from checkin.scope import rows

BLOCK = 500
# What a list of a case is narrowed to, besides the stages: whom no station of the province calls, and who refuses.
OUTSIDE, REFUSING = "outside", "refused"
LISTS = (*STAGES, OUTSIDE, REFUSING)
# F1s and F2s together, in a file.
TRACED = "traced"
LISTED = (*LISTS, TRACED)
# On whichever list.
EVERYBODY = ""


def _word(value: str) -> Any:
    # Written out, so that an index of such rows alone serves whatever the parameters are.
    return sa.literal_column(f"'{value}'", sa.String)


# As `Contact.to_call`.
TO_CALL = sa.or_(
    Contact.stage == _word(CALL), sa.and_(Contact.stage == _word(F2), Contact.result.is_distinct_from(_word(REACHED)))
)
IS_F1 = Contact.stage == _word(F1)
_STAYS = sa.or_(
    Contact.commune_id.is_(None),
    Contact.result.is_not_distinct_from(MOVED),
    Contact.raised.is_not_distinct_from(TO_CDC),
)
_NARROWED = {
    OUTSIDE: sa.and_(TO_CALL, _STAYS),
    REFUSING: sa.and_(TO_CALL, Contact.result == REFUSED),
}
# Who was ever ill or positive in quarantine leads a list.
_CALM = ~sa.exists().where(ContactCheck.contact_id == Contact.id, ContactCheck.said.in_((ILL, POSITIVE)))


@dataclass(frozen=True)
class Counts:
    """How many contacts of a case are at each stage; of those to call, how many are late and how many stay with the
    CDC."""

    stages: dict[str, int]
    late: int
    outside: int
    refused: int

    @property
    def total(self) -> int:
        """All who were given to somebody to call."""
        return sum(self.stages.values())


def of_people(session: Session, case_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, Contact]:
    """The contacts of a case among these people, by person; of who was joined the one that leads for all of them."""
    if not person_ids:
        return {}
    groups = joins.groups_of(session, person_ids)
    everybody = {member for group in groups.values() for member in group.members}
    query = sa.select(Contact).where(
        rows(session, Contact), Contact.case_id == case_id, Contact.person_id.in_(everybody)
    )
    found = {one.person_id: one for one in session.scalars(query)}
    return {
        person: min((found[member] for member in group.members if member in found), key=_leads)
        for person, group in groups.items()
        if not found.keys().isdisjoint(group.members)
    }


_LEADING = (F1, CALL, F2)


def _leads(contact: Contact) -> tuple[int, UUID]:
    return _LEADING.index(contact.stage) if contact.stage in _LEADING else len(_LEADING), contact.id


def _order(contact: Any) -> Any:
    whens = [(contact.stage == stage, place) for place, stage in enumerate(_LEADING)]
    return sa.case(*whens, else_=len(_LEADING))


def _leading(session: Session) -> sa.ColumnElement[bool]:
    """One contact for each person: of those of a case who were joined an F1 leads, then who is still to be called."""
    if not joins.any_joined(session):
        return sa.true()
    other, own, theirs = aliased(Contact), joined.alias("own"), joined.alias("theirs")
    before = sa.or_(_order(other) < _order(Contact), sa.and_(_order(other) == _order(Contact), other.id < Contact.id))
    return ~(
        sa.exists()
        .where(own.c.member_id == Contact.person_id, theirs.c.main_id == own.c.main_id)
        .where(other.person_id == theirs.c.member_id, other.case_id == Contact.case_id, before)
    )


def others_of(session: Session, contact: Contact) -> list[Contact]:
    """The other contacts of the same case that are the same person, since they were joined."""
    people = set(joins.group_of(session, contact.person_id).members) - {contact.person_id}
    query = sa.select(Contact).where(
        rows(session, Contact), Contact.case_id == contact.case_id, Contact.person_id.in_(people)
    )
    return list(session.scalars(query.order_by(Contact.id)))


def f1s_of(session: Session, contact_ids: Collection[UUID]) -> list[Contact]:
    """Those whom any of these contacts was near, each once, the first named first."""
    near = sa.select(ContactNear.f1_id).where(rows(session, ContactNear), ContactNear.contact_id.in_(contact_ids))
    query = sa.select(Contact).where(rows(session, Contact), Contact.id.in_(near))
    return list(session.scalars(query.order_by(Contact.id)))


def named_to(session: Session, case_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """By person, under whichever name, the stations to which an F1 whom they were near named people; maybe none."""
    groups = joins.groups_of(session, person_ids)
    members = {member for group in groups.values() for member in group.members}
    query = (
        sa.select(Contact.person_id, ContactStep.commune_id)
        .join(ContactNear, ContactNear.contact_id == Contact.id)
        .join(ContactStep, ContactStep.contact_id == ContactNear.f1_id)
        .where(*(rows(session, table) for table in (Contact, ContactNear, ContactStep)))
        .where(Contact.case_id == case_id, Contact.person_id.in_(members), ContactStep.what == NAMED)
    )
    named = session.execute(query.distinct()).all()
    return {one: {to for who, to in named if to and who in groups[one].members} for one in groups}


def people_of(session: Session, case_id: UUID) -> set[UUID]:
    """Everybody who was given to somebody to call."""
    return set(session.scalars(sa.select(Contact.person_id).where(rows(session, Contact), Contact.case_id == case_id)))


def of_both(session: Session, case: Case, others: Collection[UUID]) -> dict[UUID, int]:
    """How many people were given to be called for this case and for each of the others, by its id; of who was joined
    the one they are. Those who turned out to be no contact of either are none."""
    own, all_of = joined.alias("own"), joined.alias("all_of")
    main: Any = Contact.person_id
    member: Any = Contact.person_id
    folded = joins.any_joined(session)
    if folded:
        main, member = sa.func.coalesce(own.c.main_id, main), sa.func.coalesce(all_of.c.member_id, member)
    ours = sa.select(main.label("main"), member.label("member")).where(
        rows(session, Contact), Contact.case_id == case.id, Contact.stage != NOT
    )
    if folded:
        ours = ours.outerjoin(own, own.c.member_id == Contact.person_id)
        ours = ours.outerjoin(all_of, all_of.c.main_id == own.c.main_id)
    mine, theirs = ours.cte("mine"), aliased(Contact)
    # Of the other cases, which may be large, those alone who are among this one's.
    both = (
        sa.select(theirs.case_id, sa.func.count(mine.c.main.distinct()))
        .join(mine, mine.c.member == theirs.person_id)
        .where(rows(session, theirs), theirs.case_id.in_(others), theirs.stage != NOT)
        .group_by(theirs.case_id)
    )
    return {case_id: people for case_id, people in session.execute(both)}  # noqa: C416 - rows are no pairs to `dict`


def counts(session: Session, case_id: UUID, now: datetime) -> Counts:
    """How many contacts a case has, by stage."""
    late = sa.and_(TO_CALL, Contact.due_at < now)
    found = session.execute(
        sa.select(
            Contact.stage,
            sa.func.count().label("people"),
            sa.func.count().filter(late).label("late"),
            *(sa.func.count().filter(rule).label(name) for name, rule in _NARROWED.items()),
        )
        .where(rows(session, Contact), Contact.case_id == case_id, _leading(session))
        .group_by(Contact.stage)
    ).all()
    return Counts(
        {stage: sum(row.people for row in found if row.stage == stage) for stage in STAGES},
        sum(row.late for row in found),
        *(sum(getattr(row, name) for row in found) for name in _NARROWED),
    )


# Of the keys of `of_case`.
SHAPE = (int, datetime, UUID)


def of_case(session: Session, case_id: UUID, which: str, spot: Spot = START, *, limit: int) -> Leaf[Contact]:
    """A page of the contacts of a case on one of LISTS: who was ever ill or positive in quarantine leads, then the
    earliest due first."""
    narrow = _NARROWED.get(which, Contact.stage == which)
    query = sa.select(Contact).where(rows(session, Contact), Contact.case_id == case_id, narrow, _leading(session))
    loud = ContactCheck.said.in_((_word(ILL), _word(POSITIVE)))
    ever = sa.exists().where(ContactCheck.contact_id == Contact.id, loud)
    # Apart, so that each is read in the order of its index, and no further than the page goes.
    return page(session, (query.where(ever), query.where(~ever)), (Contact.due_at, Contact.id), spot, limit=limit)


def _listed(session: Session, which: str, of: UUID | Which) -> Sequence[Any]:
    several: dict[str, Any] = {EVERYBODY: sa.true(), TRACED: Contact.stage.in_((F1, F2))}
    narrow = (_NARROWED | several).get(which, Contact.stage == which)
    theirs = [Contact.case_id == of] if isinstance(of, UUID) else of.conditions()
    return rows(session, Contact), rows(session, Case), *theirs, narrow, _leading(session)


def count_listed(session: Session, which: str, of: UUID | Which) -> int:
    """How many contacts there are on one of LISTED, or EVERYBODY: of the case with this id, or of all such cases."""
    query = sa.select(sa.func.count()).select_from(Contact).join(Case, Case.id == Contact.case_id)
    return session.scalar(query.where(*_listed(session, which, of))) or 0


def all_listed(session: Session, which: str, of: UUID | Which) -> list[UUID]:
    """The same contacts by id: by the number of their case, and of each case in the order of `of_case`."""
    query = sa.select(Contact.id).join(Case, Case.id == Contact.case_id).where(*_listed(session, which, of))
    return list(session.scalars(query.order_by(Case.seq, _CALM, Contact.due_at, Contact.id)))


def followed(session: Session, case_id: UUID, *, after: UUID | None = None, limit: int) -> list[Contact]:
    """Contacts of a case whom somebody has to call, and its F1s, in one order for all who ask: those behind one."""
    query = sa.select(Contact).where(rows(session, Contact), Contact.case_id == case_id, sa.or_(TO_CALL, IS_F1))
    behind = [Contact.id > after] if after is not None else []
    return list(session.scalars(query.where(*behind).order_by(Contact.id).limit(limit)))


class Due(NamedTuple):
    """Somebody to call, and by when."""

    due_at: datetime
    id: UUID


def to_call(session: Session, spot: Spot = START, *, limit: int) -> list[Due]:
    """Whom the station of the scope has to call, behind or before one of them, the earliest due first: so many as
    stand nearest there."""
    query = cut(sa.select().where(*_of_station(session)), (Contact.due_at, Contact.id), spot, limit=limit)
    found = [Due(*row) for row in session.execute(query)]
    return found[::-1] if spot.back else found


def due_in(session: Session, start: datetime, end: datetime, *, limit: int) -> list[Due]:
    """The first of them that are due in [start, end)."""
    query = sa.select(Contact.due_at, Contact.id).where(*_of_station(session))
    query = query.where(Contact.due_at >= start, Contact.due_at < end)
    return [Due(*row) for row in session.execute(query.order_by(Contact.due_at, Contact.id).limit(limit))]


def some(session: Session, ids: Sequence[UUID]) -> list[Contact]:
    """These contacts of the scope, the earliest due first."""
    found: list[Contact] = []
    for start in range(0, len(ids), BLOCK):
        query = sa.select(Contact).where(rows(session, Contact), Contact.id.in_(ids[start : start + BLOCK]))
        found += session.scalars(query)
    return sorted(found, key=lambda contact: (contact.due_at, contact.id))


def count_to_call(session: Session, now: datetime) -> tuple[int, int]:
    """How many people the station of the scope has to call, and how many of them are overdue."""
    late = sa.func.count().filter(Contact.due_at < now)
    row = session.execute(sa.select(sa.func.count(), late).where(*_of_station(session))).one()
    return int(row[0]), int(row[1])


def _of_station(session: Session) -> Sequence[Any]:
    # Who moved away is the CDC's to find, and who refuses may be handed to it.
    return (
        rows(session, Contact),
        TO_CALL,
        Contact.result.is_distinct_from(MOVED),
        Contact.raised.is_distinct_from(TO_CDC),
    )


def one(session: Session, contact_id: UUID) -> Contact | None:
    """A contact of the scope."""
    return session.scalar(sa.select(Contact).where(rows(session, Contact), Contact.id == contact_id))


def of_person(session: Session, person_id: UUID) -> list[Contact]:
    """What was followed up about a person, of whichever case: the oldest first."""
    query = sa.select(Contact).where(rows(session, Contact), Contact.person_id == person_id)
    return list(session.scalars(query.order_by(Contact.met_on, Contact.id)))


def steps(session: Session, contact_id: UUID) -> list[ContactStep]:
    """What was done about a contact, in order."""
    query = sa.select(ContactStep).where(rows(session, ContactStep), ContactStep.contact_id == contact_id)
    return list(session.scalars(query.order_by(ContactStep.number)))


def outgoing(session: Session, case_id: UUID, own: str) -> list[tuple[Contact, ContactStep | None]]:
    """The contacts of a case, but who turned out to be none, who live outside of the province `own`, each with the last
    note that the CDC of their province was told; by province, those of none last."""
    told = (
        sa.select(ContactStep.contact_id, sa.func.max(ContactStep.number).label("number"))
        .where(rows(session, ContactStep), ContactStep.what == SENT)
        .group_by(ContactStep.contact_id)
        .subquery()
    )
    query = (
        sa.select(Contact, ContactStep)
        .outerjoin(told, told.c.contact_id == Contact.id)
        .outerjoin(ContactStep, sa.and_(ContactStep.contact_id == Contact.id, ContactStep.number == told.c.number))
        .where(rows(session, Contact), Contact.case_id == case_id, Contact.commune_id.is_(None))
        .where(Contact.province_id.is_distinct_from(own), Contact.stage != NOT, _leading(session))
        .order_by(Contact.province_id.is_(None), Contact.province_id, Contact.due_at, Contact.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
