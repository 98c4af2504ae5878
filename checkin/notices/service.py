from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.approvals import queries as asked
from checkin.approvals import service as approvals
from checkin.approvals.limits import NOTICE, Limits
from checkin.approvals.models import REFUSED
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.cases.models import Case
from checkin.db import insert_if_new
from checkin.errors import AccessDenied, DomainError
from checkin.ids import new_id
from checkin.messages import service as messages
from checkin.messages.letter import Letter
from checkin.messages.models import SMS, STAFF
from checkin.notices import queries
from checkin.notices.lasting import widened
from checkin.notices.models import DRAFT, PUBLISHED, WAITING, WITHDRAWN, Notice, NoticeReceipt, NoticeText, state_at
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
    """A new draft with the next number, its window widened to whole quarters of an hour."""
    if actor.id is None:
        raise AccessDenied("notice")
    audit.lock_chain(session)
    start, end = widened(words.start, words.end)
    notice = Notice(
        id=new_id(now),
        seq=(session.scalar(sa.select(sa.func.max(Notice.seq))) or 0) + 1,
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
    notice.state, notice.version = DRAFT, notice.version + 1
    notice.changed_by_name, notice.changed_at = actor.name[:80], now
    for name, value in vars(words).items():
        setattr(notice, name, value)
    notice.start, notice.end = widened(words.start, words.end)
    session.flush()
    _record(session, now, actor, notice, case.number, "notice.change")


def ask(
    session: Session, limits: Limits, *, now: datetime, actor: Actor, case: Case, notice: Notice, title: str,
    reason: str, at_once: bool, seen: int,
) -> UUID:  # fmt: skip
    """Ask a second person to let it out, or let it out at once and have it approved after; returns the approval's id.

    What follows comes by the signal of approvals. Raises DomainError 'state' for what went out already, 'changed'
    where somebody wrote the draft anew since it was seen.
    """
    audit.lock_chain(session)
    session.refresh(notice)
    if notice.state not in (DRAFT, WAITING):
        raise DomainError("state")
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
    """Let it out; what it corrects is withdrawn in the same moment. Once is as good as twice."""
    if notice.state not in (DRAFT, WAITING):
        return
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
