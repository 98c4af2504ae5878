from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.notices.models import Notice
from checkin.pagekeys import START, Leaf, Spot, page
from checkin.replies.models import NoticeAnswer
from checkin.scope import rows

# Of one phone, and of one person: whoever sends more hides nobody else. Of one person of any case: MOST.
EACH, MOST = 20, 500


@dataclass(frozen=True)
class Counted:
    """How many answered, and how many phones that were; beside them what was set aside, in answers and phones."""

    answers: int
    phones: int
    aside: int
    aside_phones: int


def count(session: Session, case_id: UUID) -> Counted:
    """How many answers the notices of a case have."""
    shown, aside = NoticeAnswer.aside_at.is_(None), NoticeAnswer.aside_at.is_not(None)
    phone = NoticeAnswer.phone_index
    row = session.execute(
        _of_case(
            session,
            case_id,
            *(
                sa.func.count(what)
                for which in (shown, aside)
                for what in (sa.case((which, 1)), sa.case((which, phone)).distinct())
            ),
        )
    ).one()
    return Counted(*(int(number) for number in row))


# Of the keys of `phones`.
SHAPE = (int, datetime, bytes)


def phones(session: Session, case_id: UUID, spot: Spot = START, *, limit: int, aside: bool = False) -> Leaf[bytes]:
    """A page of the phones that answered notices of a case, by their latest answer, the newest first; or of those of
    whom an answer was set aside."""
    latest = sa.func.max(NoticeAnswer.made_at, type_=NoticeAnswer.made_at.type)
    each = (
        _of_case(session, case_id, NoticeAnswer.phone_index, latest.label("latest"))
        .where(_is_aside(aside))
        .group_by(NoticeAnswer.phone_index)
        .subquery("each")
    )
    keys = (each.c.latest, each.c.phone_index)
    return page(session, [sa.select(each.c.phone_index)], keys, spot, limit=limit, desc=True)


def of_phones(
    session: Session, case_id: UUID, indexes: Sequence[bytes], *, aside: bool = False
) -> list[tuple[NoticeAnswer, Notice]]:
    """The answers of these phones with their notices, the newest first; at most EACH of one. Or what was set aside."""
    return _found(session, case_id, NoticeAnswer.phone_index, indexes, aside) if indexes else []


def of_people(session: Session, case_id: UUID, people: Collection[UUID]) -> list[tuple[NoticeAnswer, Notice]]:
    """The answers of these people with their notices, the newest first; at most EACH of one, none set aside."""
    return _found(session, case_id, NoticeAnswer.person_id, list(people), False) if people else []


def of_person(session: Session, person_id: UUID) -> list[tuple[NoticeAnswer, Notice]]:
    """Whatever somebody answered to notices of any case, the newest first; at most MOST. What was set aside too."""
    query = (
        sa.select(NoticeAnswer, Notice)
        .join(Notice, Notice.id == NoticeAnswer.notice_id)
        .where(rows(session, NoticeAnswer), rows(session, Notice), NoticeAnswer.person_id == person_id)
    )
    found = session.execute(query.order_by(NoticeAnswer.made_at.desc(), NoticeAnswer.id.desc()).limit(MOST))
    return [(row[0], row[1]) for row in found]


def count_of_person(session: Session, person_id: UUID) -> int:
    """How many answers to notices of any case are kept of somebody."""
    query = sa.select(sa.func.count()).select_from(NoticeAnswer)
    return session.scalar(query.where(rows(session, NoticeAnswer), NoticeAnswer.person_id == person_id)) or 0


def ids_of(session: Session, case_id: UUID, ids: Collection[UUID], *, aside: bool) -> list[UUID]:
    """Which of these answers are to notices of the case, and are set aside or are not."""
    return list(
        session.scalars(_of_case(session, case_id, NoticeAnswer.id).where(NoticeAnswer.id.in_(ids), _is_aside(aside)))
    )


def _found(
    session: Session, case_id: UUID, by: Any, which: Sequence[Any], aside: bool
) -> list[tuple[NoticeAnswer, Notice]]:
    newest = NoticeAnswer.made_at.desc(), NoticeAnswer.id.desc()
    nth = sa.func.row_number().over(partition_by=by, order_by=newest).label("nth")
    ranked = _of_case(session, case_id, NoticeAnswer.id, nth).where(by.in_(which), _is_aside(aside)).subquery()
    query = _of_case(session, case_id, NoticeAnswer, Notice).join(ranked, ranked.c.id == NoticeAnswer.id)
    return [(row[0], row[1]) for row in session.execute(query.where(ranked.c.nth <= EACH).order_by(*newest))]


def _is_aside(aside: bool) -> Any:
    return NoticeAnswer.aside_at.is_not(None) if aside else NoticeAnswer.aside_at.is_(None)


def _of_case(session: Session, case_id: UUID, *what: Any) -> Any:
    return (
        sa.select(*what)
        .select_from(NoticeAnswer)
        .join(Notice, Notice.id == NoticeAnswer.notice_id)
        .where(rows(session, NoticeAnswer), rows(session, Notice), Notice.case_id == case_id)
    )
