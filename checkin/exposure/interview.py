"""Where somebody says to have been, typed in while they are interviewed: the person of a case, or an F1 beforehand.

"Phải tiến hành cho F1 kê khai quá trình di chuyển (truy kỹ luôn để sẵn sàng khi F1 trở thành F0)": BG, section 1.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.calls import queries as calls
from checkin.calls.words import KIND_NAMES
from checkin.casefacts import service
from checkin.casefacts.windows import rules_of
from checkin.cases.models import Case
from checkin.db import begin_writing, db, set_read_only
from checkin.errors import DomainError
from checkin.exposure import queries, showing, telling
from checkin.exposure.daylines import by_day
from checkin.exposure.ofcase import case_of, contact_of
from checkin.exposure.queries import StayRow
from checkin.exposure.timeline import seen
from checkin.i18n import format_moment
from checkin.joins import queries as joins
from checkin.movements import queries as movements
from checkin.movements.forms import MoveForm
from checkin.movements.models import ToldMove
from checkin.movements.service import MOST, Said
from checkin.readable import UNREADABLE
from checkin.vault import Vault, VaultError
from checkin.venues import finding
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise

bp = Blueprint("interview", __name__, url_prefix="/cases")
# Between two places; what is shorter is the way.
GAP = timedelta(hours=1)


@dataclass(frozen=True)
class Line:
    """A movement as it was told, opened."""

    move: ToldMove
    place: str
    note: str


@bp.get("/<number>/movements")
def show(number: str) -> ResponseReturnValue:
    return _page(number, None)


@bp.post("/<number>/movements")
def tell(number: str) -> ResponseReturnValue:
    return _tell(number, None)


@bp.post("/<number>/movements/<uuid:move_id>/back")
def take_back(number: str, move_id: UUID) -> ResponseReturnValue:
    return _take_back(number, None, move_id)


@bp.get("/<number>/contacts/<uuid:contact_id>/movements")
def show_contact(number: str, contact_id: UUID) -> ResponseReturnValue:
    return _page(number, contact_id)


@bp.post("/<number>/contacts/<uuid:contact_id>/movements")
def tell_contact(number: str, contact_id: UUID) -> ResponseReturnValue:
    return _tell(number, contact_id)


@bp.post("/<number>/contacts/<uuid:contact_id>/movements/<uuid:move_id>/back")
def take_back_contact(number: str, contact_id: UUID, move_id: UUID) -> ResponseReturnValue:
    return _take_back(number, contact_id, move_id)


def _tell(number: str, contact_id: UUID | None) -> ResponseReturnValue:
    case, person_id = _whom(number, contact_id)
    form, session, choices = MoveForm(), db.session(), None
    valid = form.validate() & form.check(clock.now())
    venue_id = None
    if not (form.venue.errors or form.place.errors):
        venue_id, choices = _venue_meant(session, form)
    if not valid or choices is not None or form.start.moment is None or form.end.moment is None:
        status = 200 if valid and choices else 422
        return _page(number, contact_id, form=form, choices=choices, status=status)
    said = Said(
        venue_id=venue_id, place=form.place.data or "", start=form.start.moment, end=form.end.moment,
        note=form.note.data or "",
    )  # fmt: skip
    how: dict[str, Any] = {"now": clock.now(), "actor": current_user.actor, "case": case, "rules_of": rules_of}
    try:
        service.tell(session, context.vault(), person_id=person_id, said=said, **how)
        session.commit()
    except DomainError as error:
        session.rollback()
        form.start.errors = [
            gettext("Chặng này đã được ghi.")
            if error.reason == "twice"
            else gettext("Không ghi được: nhiều nhất %(count)s chặng cho một người.", count=MOST)
        ]
        return _page(number, contact_id, form=form, status=422)
    flash(gettext("Đã ghi chặng này."), "ok")
    return redirect(_address(number, contact_id), 303)


def _take_back(number: str, contact_id: UUID | None, move_id: UUID) -> ResponseReturnValue:
    case, person_id = _whom(number, contact_id)
    session, move = db.session(), movements.one(db.session(), move_id)
    if move is None or move.person_id != person_id:
        abort(404)
    try:
        how: dict[str, Any] = {"now": clock.now(), "actor": current_user.actor, "case": case, "rules_of": rules_of}
        service.take_move_back(session, move=move, **how)
        session.commit()
    except DomainError:
        session.rollback()
        _whom(number, contact_id)
        flash(_taken_back(movements.one(session, move_id)), "warn")
        return redirect(_address(number, contact_id), 303)
    flash(gettext("Đã bỏ chặng này; nó vẫn đọc được ở dưới."), "ok")
    return redirect(_address(number, contact_id), 303)


def _taken_back(move: ToldMove | None) -> str:
    """Who was faster, and when."""
    if move is None or move.withdrawn_at is None:
        return str(gettext("Người khác đã bỏ chặng này trước đó."))
    when = format_moment(move.withdrawn_at)
    return str(gettext("%(who)s đã bỏ chặng này lúc %(when)s.", who=move.withdrawn_by_name, when=when))


def _page(
    number: str,
    contact_id: UUID | None,
    *,
    form: MoveForm | None = None,
    choices: Sequence[Any] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    _whom(number, contact_id)
    session, vault, now = begin_writing(), context.vault(), clock.now()
    case, _ = _whom(number, contact_id)
    service.record_reading(session, now=now, actor=current_user.actor, case=case)
    session.commit()
    set_read_only(True)
    case, person_id = _whom(number, contact_id)
    told = [_opened(vault, move) for move in movements.all_of(session, person_id, MOST)]
    stays = _stays(session, case, person_id, told, now)
    visits = [visit for theirs in seen(session, stays).values() for visit in theirs]
    return render_template(
        "exposure/movements.html",
        case=case,
        contact_id=contact_id,
        action=_address(number, contact_id),
        form=form or MoveForm(formdata=None),
        choices=choices,
        told=told,
        days=by_day(visits),
        gaps=_gaps(stays),
        words={line.move.id: line.place for line in told},
        venue_names=venues.names(session, {line.move.venue_id for line in told if line.move.venue_id}),
        declared=calls.of_people(session, [person_id]),
        kind_names=KIND_NAMES,
        # Of a contact: from what they declared a case of theirs can be opened.
        opens=(url_for("declared.open_contact", number=number, contact_id=contact_id), person_id)
        if contact_id
        else None,
        days_kept=context.rules(clock.today()).retention_days,
        local=showing.local,
        **showing.FLAG_WORDS,
    ), status


def _stays(session: Session, case: Case, person_id: UUID, told: list[Line], now: datetime) -> list[StayRow]:
    """Visits and movements of the person, by their beginning; of a contact those alone that the case keeps.

    Where else somebody was who met the case is looked up with a reason, and told to them.
    """
    people, own = joins.group_of(session, person_id).members, case.person_id
    if own in people:
        since = now - timedelta(days=context.rules(clock.today()).retention_days)
        visits = queries.stays_of(session, people, since, now) + queries.kept_stays_of(session, people, now, case.id)
    else:
        visits = queries.stays_kept(session, people, case.id)
    found = telling.with_told(visits, movements.of_person(session, person_id))
    found += [
        telling.told_row(one.id, person_id, None, one.start, one.end)
        for one in (line.move for line in told)
        if one.venue_id is None and one.withdrawn_at is None
    ]
    return sorted(found, key=lambda stay: (stay.entered_at, stay.id))


def _gaps(stays: Sequence[StayRow]) -> dict[UUID, tuple[datetime, datetime]]:
    """Before which stay nothing is known for how long: from when to when."""
    found: dict[UUID, tuple[datetime, datetime]] = {}
    reached: datetime | None = None
    for stay in stays:
        if reached is not None and stay.entered_at - reached >= GAP:
            found[stay.id] = reached, stay.entered_at
        until = stay.left_at or stay.until_likely
        reached = until if reached is None else max(reached, until)
    return found


def _opened(vault: Vault, move: ToldMove) -> Line:
    with suppress(VaultError, ValueError):
        details = vault.open(move.details)
        return Line(move, str(details.get("place") or ""), str(details.get("note") or ""))
    return Line(move, UNREADABLE, UNREADABLE)


def _venue_meant(session: Session, form: MoveForm) -> tuple[UUID | None, list[finding.Found] | None]:
    """(venue, None) that the form means; or choices where the name fits several or none."""
    with suppress(ValueError):
        chosen = UUID(form.venue_id.data or "")
        if chosen in venues.names(session, {chosen}):
            return chosen, None
    text = form.venue.data or ""
    if not text:
        return None, None
    if diagnose(text) == "ok" and (door := venues.door(session, normalise(text))) is not None:
        return door.venue_id, None
    found = finding.search(session, text, limit=30)
    if (meant := finding.the_one(found)) is not None:
        return meant.id, None
    if not found:
        form.venue.errors = [gettext("Không có địa điểm nào mang tên hoặc mã này. Ghi nơi bằng lời ở ô bên cạnh.")]
    return None, found


def _whom(number: str, contact_id: UUID | None) -> tuple[Case, UUID]:
    """The case, and whose movements they are: its own person's, or one of its contacts'."""
    case = case_of(number)
    if contact_id is None:
        if case.person_id is None:
            abort(404)
        return case, case.person_id
    return case, contact_of(case, contact_id).person_id


def _address(number: str, contact_id: UUID | None) -> str:
    if contact_id is None:
        return url_for(".show", number=number)
    return url_for(".show_contact", number=number, contact_id=contact_id)
