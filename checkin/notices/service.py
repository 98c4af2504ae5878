from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.approvals import queries as asked
from checkin.approvals import service as approvals
from checkin.approvals.limits import NOTICE, Limits
from checkin.approvals.models import LET_GO, REFUSED, REWRITTEN, RULED_OUT
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import DISCARDED, Case
from checkin.db import insert_if_new
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.messages import service as messages
from checkin.messages.letter import Letter
from checkin.messages.models import SMS, STAFF
from checkin.notices import queries
from checkin.notices.lasting import widened
from checkin.notices.models import (
    DRAFT,
    PUBLISHED,
    WAITING,
    WITHDRAWN,
    Notice,
    NoticeDraft,
    NoticeReceipt,
    NoticeText,
    state_at,
)
from checkin.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an officer writes."""

    venue_id: UUID
    zone_id: UUID | None
    start: datetime
    end: datetime
    severity: str
    words_vi: str
    words_en: str | None


def write(
    session: Session, *, now: datetime, actor: Actor, case: Case, words: Words, corrects: Notice | None = None
) -> Notice:
    """A new draft, its window widened to whole quarters of an hour, with the next number: none by which somebody was
    asked about a draft that is gone."""
    if actor.id is None:
        raise AccessDenied("notice")
    audit.lock_chain(session)
    start, end = widened(words.start, words.end)
    notice = Notice(
        id=new_id(now),
        seq=max(session.scalar(sa.select(sa.func.max(Notice.seq))) or 0, asked.last_number(session, NOTICE)) + 1,
        **vars(words) | {"start": start, "end": end},
        state=DRAFT,
        corrects=corrects.id if corrects else None,
        case_id=case.id,
        written_by=actor.id,
        written_by_name=actor.name[:80],
        written_at=now,
        version=1,
    )
    session.add(notice)
    session.flush()
    _record(session, now, actor, notice, case.number, "notice.write")
    return notice


def record_reading(session: Session, *, now: datetime, actor: Actor, case: Case) -> None:
    """Log that somebody reads where a case was, to write about it. The caller commits before it reads."""
    audit.record(session, now=now, actor=actor, action="case.places", subject=case.number, case_number=case.number)


def editable(session: Session, notice: Notice) -> bool:
    """True for a draft, and for what waited until nobody's say came in time."""
    return notice.state == DRAFT or (notice.state == WAITING and not asked.open_for(session, NOTICE, notice.id))


def change(
    session: Session, *, now: datetime, actor: Actor, case: Case, notice: Notice, words: Words, seen: int
) -> None:
    """Write a draft anew, as whoever does it saw it. Raises DomainError 'state' for what is not a draft any more,
    'changed' where somebody else wrote it since."""
    audit.lock_chain(session)
    session.refresh(notice)
    if not editable(session, notice):
        raise DomainError("state")
    if notice.version != seen:
        raise DomainError("changed")
    # Of two who asked one may still be waited for: not for these words.
    approvals.close(session, now=now, actor=actor, what=NOTICE, lookup_id=notice.id, why=REWRITTEN)
    session.add(_as_it_was(notice))
    notice.state, notice.version = DRAFT, notice.version + 1
    notice.changed_by_name, notice.changed_at = actor.name[:80], now
    for name, value in vars(words).items():
        setattr(notice, name, value)
    notice.start, notice.end = widened(words.start, words.end)
    session.flush()
    _record(session, now, actor, notice, case.number, "notice.change")


def _as_it_was(notice: Notice) -> NoticeDraft:
    return NoticeDraft(
        notice_id=notice.id,
        number=notice.version,
        at=notice.changed_at or notice.written_at,
        by_name=notice.changed_by_name or notice.written_by_name,
        **{name: getattr(notice, name) for name in Words.__dataclass_fields__},
    )


def ask(
    session: Session, limits: Limits, *, now: datetime, actor: Actor, case: Case, notice: Notice, title: str,
    reason: str, at_once: bool, seen: int,
) -> UUID:  # fmt: skip
    """Ask a second person to let it out, or let it out at once and have it approved after; returns the approval's id.

    What follows comes by the signal of approvals. Raises DomainError 'state' for what went out already, 'discarded'
    where the case was none, 'changed' where somebody wrote the draft anew since it was seen.
    """
    audit.lock_chain(session)
    session.refresh(notice)
    session.refresh(case)
    if notice.state not in (DRAFT, WAITING):
        raise DomainError("state")
    if case.state == DISCARDED:
        raise DomainError("discarded")
    if notice.version != seen:
        raise DomainError("changed")
    notice.state = WAITING
    session.flush()
    about = approvals.About(
        what=NOTICE, lookup_id=notice.id, lookup_number=notice.number, title=title, start=notice.start,
        end=notice.end, case_number=case.number, rows=None,
    )  # fmt: skip
    asked = approvals.ask(session, limits, now=now, actor=actor, about=about, reason=reason, at_once=at_once)
    return asked.id


def publish(
    session: Session, *, now: datetime, actor: Actor, case: Case, notice: Notice, lasts: timedelta
) -> None:  # fmt: skip
    """Let it out; what it corrects is withdrawn in the same moment. Once is as good as twice. Raises
    DomainError 'discarded' where the case was none."""
    if notice.state not in (DRAFT, WAITING):
        return
    if case.state == DISCARDED:
        raise DomainError("discarded")
    # On whole minutes, as it is shown.
    notice.state, notice.published_at = PUBLISHED, now
    notice.expires_at = now.replace(second=0, microsecond=0) + lasts
    where = queries.places_of(session, [queries.as_public(notice)])[notice.id]
    notice.place_name, notice.place_zone = where.name, where.zone
    notice.place_commune, notice.place_commune_id = where.commune, where.commune_id
    session.flush()
    _record(session, now, actor, notice, case.number, "notice.publish")
    former = session.get(Notice, notice.corrects) if notice.corrects else None
    if former is not None and former.state == PUBLISHED:
        former.replaced_by = notice.id
        _withdrawn(session, now, actor, former, case.number)


def refuse(session: Session, *, now: datetime, actor: Actor, case: Case, notice: Notice) -> None:
    """What waited is a draft again; what is out is withdrawn, and what it replaced is in force again."""
    if notice.state == WAITING:
        notice.state = DRAFT
        session.flush()
    elif notice.state == PUBLISHED:
        _withdrawn(session, now, actor, notice, case.number)
        former = session.get(Notice, notice.corrects) if notice.corrects else None
        if former is not None and former.replaced_by == notice.id:
            _restore(session, now, actor, former, case.number)


def _restore(session: Session, now: datetime, actor: Actor, notice: Notice, case_number: str) -> None:
    """Let out again what a correction replaced; not what is over by now or was refused itself."""
    decided = asked.standing(session, what=NOTICE, lookup_id=notice.id, actor_id=notice.written_by)
    over = notice.expires_at is None or notice.expires_at <= now
    if over or (decided is not None and decided.state == REFUSED):
        return
    notice.state, notice.withdrawn_at, notice.replaced_by = PUBLISHED, None, None
    session.flush()
    _record(session, now, actor, notice, case_number, "notice.restore")


def receive(session: Session, *, now: datetime, actor: Actor, notice: queries.Public) -> None:
    """Note that the station of the place knows of it; once is as good as twice. Raises DomainError 'place' for a
    notice about no place of a commune."""
    if notice.place_commune_id is None:
        raise DomainError("place")
    values = {
        "notice_id": notice.id,
        "commune_id": notice.place_commune_id,
        "at": now,
        "account_id": actor.id,
        "by_name": actor.name[:80],
    }
    if insert_if_new(session, NoticeReceipt.__table__, values):  # type: ignore[arg-type]
        audit.record(session, now=now, actor=actor, action="notice.receive", subject=notice.number)


def withdraw(
    session: Session, *, now: datetime, actor: Actor, case: Case, notice: Notice, why_vi: str, why_en: str | None
) -> None:
    """Take it back; its page says so, and why. Raises DomainError 'state' where it is not out or over."""
    audit.lock_chain(session)
    session.refresh(notice)
    if state_at(notice.state, notice.expires_at, now) != PUBLISHED:
        raise DomainError("state")
    notice.withdrawn_vi, notice.withdrawn_en = why_vi, why_en
    _withdrawn(session, now, actor, notice, case.number)


def withdraw_all(
    session: Session, *, now: datetime, actor: Actor, case: Case, why: tuple[str, str]
) -> list[str]:  # fmt: skip
    """Take back whatever of a case is out, for a reason in Vietnamese and English, and make a draft again of what waits
    to go out; the numbers of both, the newest first."""
    audit.lock_chain(session)
    back = []
    for notice in queries.of_case(session, case.id):
        session.refresh(notice)
        if state_at(notice.state, notice.expires_at, now) == PUBLISHED:
            notice.withdrawn_vi, notice.withdrawn_en = why
            _withdrawn(session, now, actor, notice, case.number)
            back.append(notice.number)
        elif notice.state == WAITING:
            _hold(session, now, actor, case, notice)
            back.append(notice.number)
    return back


def forget_drafts(session: Session, *, now: datetime, actor: Actor, case: Case) -> None:
    """Delete what was never out of a case that keeps nothing any more, and what its drafts said before. Nobody is
    asked about it any more. Each with an entry: the next draft may get its number."""
    audit.lock_chain(session)
    for notice in queries.of_case(session, case.id):
        session.refresh(notice)
        gone = sa.delete(NoticeDraft).where(NoticeDraft.notice_id == notice.id)
        session.execute(gone, execution_options={"synchronize_session": False})
        if notice.published_at is None:
            if notice.state == WAITING:
                _hold(session, now, actor, case, notice)
            _record(session, now, actor, notice, case.number, "notice.forget")
            session.delete(notice)
            session.flush()


def _hold(session: Session, now: datetime, actor: Actor, case: Case, notice: Notice) -> None:
    notice.state = DRAFT
    session.flush()
    _record(session, now, actor, notice, case.number, "notice.hold")
    why = RULED_OUT if case.state == DISCARDED else LET_GO
    approvals.close(session, now=now, actor=actor, what=NOTICE, lookup_id=notice.id, why=why)


def text(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, case: Case, notice: Notice,
    to: Mapping[bytes, str], words: str,
) -> int:  # fmt: skip
    """Put a text message for each phone into the outbox, by its blind index; how many it were. A phone that was
    written to about this notice gets no second one. Raises DomainError 'state' for what is not out."""
    audit.lock_chain(session)
    session.refresh(notice)
    if notice.expires_at is None or state_at(notice.state, notice.expires_at, now) != PUBLISHED:
        raise DomainError("state")
    sent = 0
    # In one order, so that two who write to the same phones do not wait for each other.
    for index, phone in sorted(to.items()):
        values = {"notice_id": notice.id, "phone_index": index, "at": now}
        if insert_if_new(session, NoticeText.__table__, values):  # type: ignore[arg-type]
            letter = Letter(to=phone, subject="", text=words)
            messages.put(
                session, vault, now=now, audience=STAFF, channel=SMS, about="notice", letter=letter,
                until=notice.expires_at,
            )  # fmt: skip
            sent += 1
    audit.record(
        session, now=now, actor=actor, action="notice.text", subject=notice.number, case_number=case.number, rows=sent
    )
    return sent


def _withdrawn(session: Session, now: datetime, actor: Actor, notice: Notice, case_number: str) -> None:
    notice.state, notice.withdrawn_at = WITHDRAWN, now
    session.flush()
    _record(session, now, actor, notice, case_number, "notice.withdraw")


def _record(session: Session, now: datetime, actor: Actor, notice: Notice, case_number: str, action: str) -> None:
    audit.record(
        session,
        now=now,
        actor=actor,
        action=action,
        subject=notice.number,
        case_number=case_number,
        detail={"severity": notice.severity, "state": notice.state},
    )
