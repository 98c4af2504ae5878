"""Text messages to those of a case's list whom nobody reached: for officers of the CDC, once for each phone."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.cases import service as keeping
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.contacts.words import Line, opened
from checkin.db import begin_writing, db, set_read_only
from checkin.errors import DomainError
from checkin.ids import is_id
from checkin.messages.models import SMS
from checkin.messages.senders import is_set_up
from checkin.notices import queries, service, sms
from checkin.notices.models import PUBLISHED, Notice, state_at
from checkin.notices.ofnotice import notice_of
from checkin.notices.words import for_pages
from checkin.phones import normalise_phone

bp = Blueprint("notice_texts", __name__, url_prefix="/notice")
bp.app_context_processor(for_pages)
# Of one page, and of what is sent at once.
MOST = 200


@dataclass(frozen=True)
class Addressee:
    """Somebody whom nobody reached; `phone` in its normal form or empty, `index` its blind index."""

    line: Line
    phone: str
    index: bytes


@bp.get("/<uuid:notice_id>/texts")
def index(notice_id: UUID) -> ResponseReturnValue:
    """Whom nobody reached; the reading is on record before a name is opened."""
    notice, case = notice_of(notice_id)
    session, found = db.session(), queries.not_reached(db.session(), case.id, limit=MOST)
    people: list[Addressee] = []
    if found:
        begin_writing()
        notice, case = notice_of(notice_id)
        contacts.record_reading(session, now=clock.now(), actor=current_user.actor, case=case, count=len(found))
        session.commit()
        set_read_only(True)
        notice, case = notice_of(notice_id)
        people = _addressees(queries.not_reached(session, case.id, limit=MOST))
    text = _text(notice)
    return render_template(
        "notices/texts.html",
        notice=notice,
        case=case,
        out=state_at(notice.state, notice.expires_at, clock.now()) == PUBLISHED,
        people=people,
        written=queries.written_to(session, notice.id),
        text=text,
        size=sms.length(text),
        parts=sms.parts(text),
        set_up=is_set_up(context.config(), SMS),
        most=MOST,
    )


@bp.post("/<uuid:notice_id>/texts")
def send(notice_id: UUID) -> ResponseReturnValue:
    """Put a message for each phone ticked into the outbox; who has one already gets none."""
    notice, case = notice_of(notice_id)
    session, back = db.session(), redirect(url_for(".index", notice_id=notice_id), 303)
    meant = {UUID(one) for one in request.form.getlist("person")[:MOST] if is_id(one)}
    if not is_set_up(context.config(), SMS):
        flash(gettext("Chưa nối cổng tin nhắn: không gửi được."), "warn")
        return back
    if not meant:
        flash(gettext("Chưa chọn ai: đánh dấu người cần nhắn."), "warn")
        return back
    # Whom the case lets go of is written to by nobody.
    keeping.lock_kept(session)
    found = queries.not_reached(session, case.id, limit=MOST)
    people = _addressees([one for one in found if one.id in meant])
    try:
        sent = service.text(
            session, context.vault(), now=clock.now(), actor=current_user.actor, case=case, notice=notice,
            to={one.index: one.phone for one in people if one.phone}, words=_text(notice),
        )  # fmt: skip
    except DomainError:
        session.rollback()
        flash(gettext("Thông báo không còn hiệu lực: không nhắn tin nữa."), "warn")
        return back
    session.commit()
    flash(gettext("Đã chuyển %(count)s tin nhắn đi.", count=sent), "ok")
    if sent < len(people):
        rest = len(people) - sent
        flash(gettext("%(count)s người không được nhắn: đã nhắn rồi, trùng số, hoặc không có số.", count=rest), "warn")
    return back


def _addressees(found: list[Contact]) -> list[Addressee]:
    vault, people = context.vault(), []
    for contact in found:
        line, phone = opened(vault, contact), ""
        try:
            phone = normalise_phone(line.phone) if line.phone else ""
        except ValueError:
            phone = ""
        people.append(Addressee(line, phone, vault.index("phone", phone) if phone else b""))
    return people


def _text(notice: Notice) -> str:
    where = queries.places_of(db.session(), [queries.as_public(notice)]).get(notice.id)
    start, end = clock.to_local(notice.start), clock.to_local(notice.end)
    return sms.written(
        number=notice.number,
        place=", ".join(filter(None, (where.zone, where.name))) if where else "?",
        start=f"{start:%H:%M %d/%m}",
        end=f"{end:%H:%M}" if start.date() == end.date() else f"{end:%H:%M %d/%m}",
        severity=notice.severity,
        hotline=context.config().hotline,
    )
