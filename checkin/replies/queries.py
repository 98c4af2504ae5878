from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.notices.models import Notice
from checkin.replies.models import NoticeAnswer
from checkin.scope import rows

# Of one phone, and of one person: whoever sends more hides nobody else. Of one person of any case: MOST.
EACH, MOST = 20, 500


@dataclass(frozen=True)
class Counted:
    """How many answered, and how many phones that were."""

    answers: int
    phones: int


def count(session: Session, case_id: UUID) -> Counted:
    """How many answers the notices of a case have."""
    row = session.execute(
        _of_case(session, case_id, sa.func.count(), sa.func.count(NoticeAnswer.phone_index.distinct()))
    ).one()
    return Counted(int(row[0]), int(row[1]))


def phones(session: Session, case_id: UUID, *, first: int, limit: int) -> list[bytes]:
    """The phones that answered notices of a case, by their latest answer, the newest first."""
    latest = sa.func.max(NoticeAnswer.made_at)
    found = session.scalars(
        _of_case(session, case_id, NoticeAnswer.phone_index)
        .group_by(NoticeAnswer.phone_index)
        .order_by(latest.desc(), NoticeAnswer.phone_index)
        .offset(first)
        .limit(limit)
    )
    return [bytes(one) for one in found]


def of_phones(session: Session, case_id: UUID, indexes: Sequence[bytes]) -> list[tuple[NoticeAnswer, Notice]]:
    """The answers of these phones with their notices, the newest first; at most EACH of one."""
    return _found(session, case_id, NoticeAnswer.phone_index, indexes) if indexes else []


def of_people(session: Session, case_id: UUID, people: Collection[UUID]) -> list[tuple[NoticeAnswer, Notice]]:
    """The answers of these people with their notices, the newest first; at most EACH of one."""
    return _found(session, case_id, NoticeAnswer.person_id, list(people)) if people else []


def of_person(session: Session, person_id: UUID) -> list[tuple[NoticeAnswer, Notice]]:
    """Whatever somebody answered to notices of any case, the newest first; at most MOST."""
    query = (
        sa.select(NoticeAnswer, Notice)
        .join(Notice, Notice.id == NoticeAnswer.notice_id)
        .where(rows(session, NoticeAnswer), rows(session, Notice), NoticeAnswer.person_id == person_id)
    )
    found = session.execute(query.order_by(NoticeAnswer.made_at.desc(), NoticeAnswer.id.desc()).limit(MOST))
    return [(row[0], row[1]) for row in found]


def _found(session: Session, case_id: UUID, by: Any, which: Sequence[Any]) -> list[tuple[NoticeAnswer, Notice]]:
    newest = NoticeAnswer.made_at.desc(), NoticeAnswer.id.desc()
    nth = sa.func.row_number().over(partition_by=by, order_by=newest).label("nth")
    ranked = _of_case(session, case_id, NoticeAnswer.id, nth).where(by.in_(which)).subquery()
    query = _of_case(session, case_id, NoticeAnswer, Notice).join(ranked, ranked.c.id == NoticeAnswer.id)
    return [(row[0], row[1]) for row in session.execute(query.where(ranked.c.nth <= EACH).order_by(*newest))]


def _of_case(session: Session, case_id: UUID, *what: Any) -> Any:
    return (
        sa.select(*what)
        .select_from(NoticeAnswer)
        .join(Notice, Notice.id == NoticeAnswer.notice_id)
        .where(rows(session, NoticeAnswer), rows(session, Notice), Notice.case_id == case_id)
    )
