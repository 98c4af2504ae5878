import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import OWN, Case, case_visit, kept_visit
from checkin.cases.queries import same_visit
from checkin.contacts.judging import CALL
from checkin.contacts.models import NOT_REACHED, Contact
from checkin.notices.models import (
    PUBLIC_STATES,
    PUBLISHED,
    WITHDRAWN,
    Notice,
    NoticeDraft,
    NoticeReceipt,
    NoticeText,
    number_of,
    state_at,
)
from checkin.notices.stays import CaseStay
from checkin.places import queries as places
from checkin.scope import counted, rows
from checkin.venues import queries as venues

MOST, MOST_PAST, MOST_STAYS = 300, 50, 200


@dataclass(frozen=True)
class Public:
    """A notice as everybody may read it: nothing of the case, nor of who wrote it."""

    id: UUID
    seq: int
    venue_id: UUID
    zone_id: UUID | None
    start: datetime
    end: datetime
    severity: str
    words_vi: str
    words_en: str | None
    state: str
    published_at: datetime | None
    expires_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_vi: str | None
    withdrawn_en: str | None
    corrects: UUID | None
    replaced_by: UUID | None
    place_name: str | None
    place_zone: str | None
    place_commune: str | None
    place_commune_id: str | None

    @property
    def number(self) -> str:
        """The number by which it is called, such as TB-0012."""
        return number_of(self.seq)

    def state_at(self, now: datetime) -> str:
        """Published, withdrawn or expired, at a moment; of a preview draft or waiting."""
        return state_at(self.state, self.expires_at, now)


@dataclass(frozen=True)
class Where:
    """A place as walls and notices call it."""

    name: str
    zone: str | None
    commune: str
    commune_id: str


class Stay(Protocol):
    """A visit, as far as notices ask."""

    @property
    def venue_id(self) -> UUID: ...
    @property
    def zone_id(self) -> UUID | None: ...
    @property
    def entered_at(self) -> datetime: ...
    @property
    def until_latest(self) -> datetime: ...


COLUMNS = tuple(Public.__dataclass_fields__)
_public = sa.select(*(getattr(Notice, name) for name in COLUMNS)).where(Notice.state.in_(PUBLIC_STATES))


def in_force(session: Session, now: datetime) -> list[Public]:
    """What holds at a moment, the newest first. As the public role too."""
    query = _public.where(Notice.state == PUBLISHED, Notice.expires_at > now)
    return [Public(*row) for row in session.execute(query.order_by(Notice.published_at.desc()).limit(MOST))]


def any_in_force(session: Session, now: datetime) -> bool:
    """True where something holds at a moment."""
    query = sa.select(Notice.seq).where(Notice.state == PUBLISHED, Notice.expires_at > now).limit(1)
    return session.scalar(query) is not None


def past(session: Session, now: datetime) -> list[Public]:
    """What was withdrawn or has expired, the newest first."""
    query = _public.where(sa.or_(Notice.state == WITHDRAWN, Notice.expires_at <= now))
    return [Public(*row) for row in session.execute(query.order_by(Notice.published_at.desc()).limit(MOST_PAST))]


def public(session: Session, number: str) -> Public | None:
    """The notice with a number such as TB-0012, in any letter case, once it went out."""
    match = re.fullmatch(r"tb-0*([1-9]\d{0,8})", number.strip().lower(), re.ASCII)
    row = session.execute(_public.where(Notice.seq == int(match[1]))).first() if match else None
    return Public(*row) if row else None


def numbers(session: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Numbers of notices that went out, by id."""
    rows = session.execute(
        sa.select(Notice.id, Notice.seq).where(
            Notice.id.in_({one for one in ids if one}), Notice.state.in_(PUBLIC_STATES)
        )
    )
    return {one: number_of(seq) for one, seq in rows}


def places_of(session: Session, notices: Iterable[Public]) -> dict[UUID, Where]:
    """Where each notice is about, by its id: as it was called when it went out, or before that as it is called now."""
    notices = list(notices)
    said = {
        one.id: Where(one.place_name, one.place_zone, one.place_commune or "", one.place_commune_id or "")
        for one in notices
        if one.place_name is not None
    }
    return said | _called_now(session, [one for one in notices if one.id not in said])


def _called_now(session: Session, notices: list[Public]) -> dict[UUID, Where]:
    if not notices:
        return {}
    known = venues.names(session, {one.venue_id for one in notices})
    zones = venues.zone_names(session, list(known)) if any(one.zone_id for one in notices) else {}
    communes = places.names(session, {venue.commune_id for venue in known.values()})
    return {
        one.id: Where(
            venue.name, zones.get(one.zone_id) if one.zone_id else None, communes.get(venue.commune_id, ""),
            venue.commune_id,
        )
        for one in notices
        if (venue := known.get(one.venue_id))
    }  # fmt: skip


def meeting(session: Session, stays: Iterable[Stay], now: datetime) -> list[Public]:
    """The notices that these stays can meet in place and time: what holds, and what was withdrawn before its time.

    A notice of a market is of what stands in it too. A stay whose zone nobody recorded may have been in any.
    """
    stays = list(stays)
    if not stays:
        return []
    query = _public.where(Notice.expires_at > now, Notice.end >= min(stay.entered_at for stay in stays))
    found = [Public(*row) for row in session.execute(query.order_by(Notice.published_at.desc()).limit(MOST))]
    inside = venues.inside_each(session, {one.venue_id for one in found}) if found else {}
    return [one for one in found if any(_meets(one, stay, set(inside.get(one.venue_id, ()))) for stay in stays)]


def _meets(notice: Public, stay: Stay, inside: set[UUID]) -> bool:
    here = stay.venue_id in inside | {notice.venue_id}
    other_zone = notice.zone_id is not None and stay.zone_id not in {None, notice.zone_id}
    return here and not other_zone and stay.entered_at <= notice.end and stay.until_latest >= notice.start


def stands_again(session: Session, notice: Public, now: datetime) -> str | None:
    """The number of what is in force in the place of a correction that was withdrawn; None where nothing is."""
    if notice.state != WITHDRAWN or notice.corrects is None:
        return None
    row = session.execute(_public.where(Notice.id == notice.corrects)).first()
    former = Public(*row) if row else None
    return former.number if former and former.state_at(now) == PUBLISHED else None


def receipt(session: Session, notice_id: UUID) -> NoticeReceipt | None:
    """That the station of the place knows of a notice; None while it did not say so."""
    found = sa.select(NoticeReceipt).where(rows(session, NoticeReceipt), NoticeReceipt.notice_id == notice_id)
    return session.scalar(found)


def receipts(session: Session, ids: Iterable[UUID]) -> dict[UUID, NoticeReceipt]:
    """The same of several notices, by notice."""
    found = session.scalars(
        sa.select(NoticeReceipt).where(rows(session, NoticeReceipt), NoticeReceipt.notice_id.in_(list(ids)))
    )
    return {one.notice_id: one for one in found}


def every(session: Session) -> list[tuple[Notice, Case]]:
    """All notices with their cases, the newest first; at most MOST. For officers of the CDC."""
    query = sa.select(Notice, Case).join(Case, Case.id == Notice.case_id).where(rows(session, Notice))
    return [(row[0], row[1]) for row in session.execute(query.order_by(Notice.seq.desc()).limit(MOST))]


def of_station(session: Session) -> list[Public]:
    """What went out about places of the station's commune, the newest first; at most MOST."""
    query = _public.where(rows(session, Notice), counted(session, Notice.place_commune_id))
    return [Public(*row) for row in session.execute(query.order_by(Notice.seq.desc()).limit(MOST))]


def unreceived(session: Session, now: datetime) -> int:
    """How many of these are in force and not confirmed by the station."""
    known = sa.exists().where(NoticeReceipt.notice_id == Notice.id, rows(session, NoticeReceipt))
    query = sa.select(sa.func.count()).select_from(Notice).where(rows(session, Notice), ~known)
    mine = counted(session, Notice.place_commune_id)
    return session.scalar(query.where(mine, Notice.state == PUBLISHED, Notice.expires_at > now)) or 0


def not_reached(session: Session, case_id: UUID, *, limit: int) -> list[Contact]:
    """Whom a case has to call and nobody reached when they were called last: the earliest due first."""
    query = sa.select(Contact).where(
        rows(session, Contact), Contact.case_id == case_id, Contact.stage == CALL, Contact.result == NOT_REACHED
    )
    return list(session.scalars(query.order_by(Contact.due_at, Contact.id).limit(limit)))


def written_to(session: Session, notice_id: UUID) -> dict[bytes, datetime]:
    """When the phones were written to about a notice, by their blind index."""
    query = sa.select(NoticeText.phone_index, NoticeText.at)
    found = session.execute(query.where(rows(session, NoticeText), NoticeText.notice_id == notice_id))
    return {bytes(index): at for index, at in found}


def by_id(session: Session, notice_id: UUID) -> tuple[Notice, Case] | None:
    """A notice with its case, for staff."""
    row = session.execute(
        sa.select(Notice, Case).join(Case, Case.id == Notice.case_id).where(Notice.id == notice_id)
    ).first()
    return (row[0], row[1]) if row else None


def as_public(notice: Notice) -> Public:
    """What everybody will read of it."""
    return Public(**{name: getattr(notice, name) for name in COLUMNS})


def of_case(session: Session, case_id: UUID) -> list[Notice]:
    """The notices of a case, the newest first."""
    return list(session.scalars(sa.select(Notice).where(Notice.case_id == case_id).order_by(Notice.seq.desc())))


def drafts_of(session: Session, notice_id: UUID) -> list[NoticeDraft]:
    """What a draft said before each time somebody wrote it anew, the oldest first; at most MOST."""
    query = sa.select(NoticeDraft).where(rows(session, NoticeDraft), NoticeDraft.notice_id == notice_id)
    # Of more the newest.
    return list(session.scalars(query.order_by(NoticeDraft.number.desc()).limit(MOST)))[::-1]


def stays_of(session: Session, case_id: UUID) -> list[CaseStay]:
    """The case's own kept visits, the newest first; at most MOST_STAYS."""
    kept = kept_visit.c
    rows = session.execute(
        sa.select(
            kept.id, kept.venue_id, kept.zone_id, kept.entered_at, kept.left_at, kept.until_likely, kept.until_latest
        )
        .join(case_visit, same_visit(kept_visit))
        .where(case_visit.c.case_id == case_id, case_visit.c.part == OWN)
        .order_by(kept.entered_at.desc(), kept.id)
        .limit(MOST_STAYS)
    )
    return [CaseStay(*row) for row in rows]
