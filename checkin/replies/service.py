from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.db import insert_if_new
from checkin.errors import DomainError
from checkin.notices.models import PUBLISHED, Notice, NoticeText
from checkin.notices.queries import Public
from checkin.people.identity import indexes
from checkin.people.service import identify
from checkin.replies.models import NoticeAnswer
from checkin.replies.telling import Telling
from checkin.vault import Vault


def answer(
    session: Session, vault: Vault, *, now: datetime, notice: Public, telling: Telling, answer_id: UUID
) -> None:  # fmt: skip
    """Take an answer to a notice in, sealed; the same `answer_id` again is the same answer. As the public role too.

    Raises DomainError('over') for a notice that holds no more.
    """
    if notice.state_at(now) != PUBLISHED:
        raise DomainError("over")
    who = indexes(vault, full_name=telling.full_name, birth_year=telling.birth_year, id_number="", phone=telling.phone)
    person_id = identify(session, now=now, told=who, commune_id=telling.commune_id)
    values = {
        "id": answer_id,
        "notice_id": notice.id,
        "made_at": now,
        "person_id": person_id,
        "commune_id": telling.commune_id,
        "phone_index": who.phone,
        "details": vault.seal(telling.details()),
    }
    insert_if_new(session, NoticeAnswer.__table__, values)  # type: ignore[arg-type]


def record_reading(session: Session, *, now: datetime, actor: Actor, case: Case, count: int) -> None:
    """Log that so many answers are read. The caller commits before it opens the first one."""
    number = case.number
    audit.record(session, now=now, actor=actor, action="case.answers", subject=number, case_number=number, rows=count)


def forget_case(session: Session, case_id: UUID) -> None:
    """Delete the answers to notices of a case that keeps nothing any more, and to whom these were sent."""
    _forget(session, sa.select(Notice.id).where(Notice.case_id == case_id))


def forget_ended(session: Session, *, before: datetime) -> None:
    """The same of notices that ended before a moment: expired, or withdrawn."""
    over = sa.or_(Notice.expires_at < before, Notice.withdrawn_at < before)
    _forget(session, sa.select(Notice.id).where(over))


def _forget(session: Session, notices: sa.Select[Any]) -> None:
    for table in (NoticeAnswer, NoticeText):
        gone = sa.delete(table).where(table.notice_id.in_(notices))
        session.execute(gone, execution_options={"synchronize_session": False})
