from collections.abc import Collection
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
from checkin.notices.models import PUBLISHED, Notice, NoticeDraft, NoticeText
from checkin.notices.queries import Public
from checkin.people.identity import indexes
from checkin.people.service import identify
from checkin.replies import queries
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


def set_aside(
    session: Session, *, now: datetime, actor: Actor, case: Case, answers: Collection[UUID], reason: str
) -> int:
    """Show these answers to notices of the case no more but to who asks for such; how many. None is deleted by that.

    Raises DomainError('reason') without one.
    """
    if not reason.strip():
        raise DomainError("reason")
    values = {"aside_at": now, "aside_by_name": actor.name[:80], "aside_reason": reason[:300]}
    return _turn(session, now, actor, case, answers, False, values, reason)


def put_back(session: Session, *, now: datetime, actor: Actor, case: Case, answers: Collection[UUID]) -> int:
    """Show these answers to notices of the case again; how many."""
    values = {"aside_at": None, "aside_by_name": None, "aside_reason": None}
    return _turn(session, now, actor, case, answers, True, values, None)


def _turn(
    session: Session, now: datetime, actor: Actor, case: Case, answers: Collection[UUID], aside: bool,
    values: dict[str, Any], reason: str | None,
) -> int:  # fmt: skip
    meant = queries.ids_of(session, case.id, answers, aside=aside)
    was = NoticeAnswer.aside_at.is_not(None) if aside else NoticeAnswer.aside_at.is_(None)
    # In one order; of two who set the same one aside the first one's reason stands. The log last, as where answers go.
    done = []
    for one in sorted(meant):
        change = sa.update(NoticeAnswer).where(NoticeAnswer.id == one, was).values(**values)
        options = {"synchronize_session": False, "preserve_rowcount": True}
        if session.execute(change, execution_options=options).rowcount == 1:  # type: ignore[attr-defined]
            done.append(str(one))
    if done:
        audit.record(
            session, now=now, actor=actor, action="case.answers_back" if aside else "case.answers_aside",
            subject=case.number, case_number=case.number, reason=reason, rows=len(done), detail={"answers": done},
        )  # fmt: skip
    return len(done)


def forget_person(session: Session, person_id: UUID) -> None:
    """Delete what somebody answered to notices of any case. On PostgreSQL `delete_for_request` does it."""
    gone = sa.delete(NoticeAnswer).where(NoticeAnswer.person_id == person_id)
    session.execute(gone, execution_options={"synchronize_session": False})


def forget_case(session: Session, case_id: UUID) -> None:
    """Delete the answers to notices of a case that keeps nothing any more, to whom these were sent, and what their
    drafts said."""
    _forget(session, sa.select(Notice.id).where(Notice.case_id == case_id))


def forget_ended(session: Session, *, before: datetime) -> None:
    """The same of notices that ended before a moment: expired, or withdrawn."""
    over = sa.or_(Notice.expires_at < before, Notice.withdrawn_at < before)
    _forget(session, sa.select(Notice.id).where(over))


def _forget(session: Session, notices: sa.Select[Any]) -> None:
    for table in (NoticeAnswer, NoticeText, NoticeDraft):
        gone = sa.delete(table).where(table.notice_id.in_(notices))
        session.execute(gone, execution_options={"synchronize_session": False})
