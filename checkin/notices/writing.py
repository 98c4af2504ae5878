"""Writing a notice for a case, letting it out, taking it back and correcting it: for officers of the CDC."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.approvals import queries as approvals
from checkin.approvals.limits import NOTICE
from checkin.approvals.today import limits
from checkin.cases import queries as cases
from checkin.cases.models import DISCARDED, Case
from checkin.db import db, set_read_only
from checkin.errors import DomainError
from checkin.forms import Form
from checkin.notices import queries, service
from checkin.notices.forms import NoticeForm, PublishForm, WithdrawForm
from checkin.notices.lasting import widened
from checkin.notices.models import DRAFT, PUBLISHED, Notice, state_at
from checkin.notices.words import for_pages
from checkin.venues import queries as venues

bp = Blueprint("noticing", __name__)
bp.app_context_processor(for_pages)

SHOWN = "%Y-%m-%dT%H:%M"
Place = queries.CaseStay | Notice


@bp.app_template_global("notices_of_case")
def notices_of_case(case: Case) -> list[dict[str, Any]]:
    """The notices of a case, each with its state now, for the page of the case."""
    now = clock.now()
    return [
        {"notice": one, "state": state_at(one.state, one.expires_at, now)}
        for one in queries.of_case(db.session(), case.id)
    ]


@bp.route("/cases/<number>/notice", methods=["GET", "POST"])
def write(number: str) -> ResponseReturnValue:
    """A new draft for one of the places of a case."""
    session = db.session()
    case = cases.by_number(session, number)
    if case is None:
        abort(404)
    scope.bind(session, case.id)
    stays = _stays(case)
    form = _form(session, case, stays, None)
    if form.validate_on_submit():
        notice = service.write(session, now=clock.now(), actor=current_user.actor, case=case, words=_words(form))
        notice_id = notice.id
        session.commit()
        return redirect(url_for(".show", notice_id=notice_id), 303)
    if request.method == "GET" and stays:
        chosen = request.args.get("stay", "")
        _prefill(form, next((stay for stay in stays if str(stay.id) == chosen), stays[0]))
    return _write_page(form, case, stays, None)


@bp.route("/notice/<uuid:notice_id>/edit", methods=["GET", "POST"])
def edit(notice_id: UUID) -> ResponseReturnValue:
    """Write a draft anew."""
    notice, case = _found(notice_id)
    if not service.editable(db.session(), notice):
        return _too_late(notice)
    session = db.session()
    stays = _stays(case)
    form = _form(session, case, stays, notice)
    if form.validate_on_submit():
        try:
            service.change(
                session, now=clock.now(), actor=current_user.actor, case=case, notice=notice, words=_words(form),
                seen=form.version,
            )  # fmt: skip
        except DomainError as error:
            session.rollback()
            if error.reason != "changed":
                return _too_late(notice)
            notice, case = _found(notice_id)
            return _write_page(form, case, queries.stays_of(session, case.id), notice, late=True)
        session.commit()
        return redirect(url_for(".show", notice_id=notice_id), 303)
    if request.method == "GET":
        _prefill(form, notice)
    return _write_page(form, case, stays, notice)


@bp.get("/notice/<uuid:notice_id>")
def show(notice_id: UUID) -> ResponseReturnValue:
    """Exactly what the public sees or will see, and what can be done about it."""
    return _page(*_found(notice_id))


@bp.post("/notice/<uuid:notice_id>/publish")
def publish(notice_id: UUID) -> ResponseReturnValue:
    """Ask a second person, or let it out at once and have it approved after."""
    notice, case = _found(notice_id)
    form, session, mode = PublishForm(), db.session(), request.form.get("mode")
    if mode not in {"ask", "now"} or not form.validate():
        return _page(notice, case, publish=form, status=422)
    where = queries.places_of(session, [queries.as_public(notice)])[notice.id]
    try:
        approval_id = service.ask(
            session, limits(), now=clock.now(), actor=current_user.actor, case=case, notice=notice,
            title=f"{where.name}, {where.commune}", reason=form.reason.data or "", at_once=mode == "now",
            seen=form.version,
        )  # fmt: skip
    except DomainError as error:
        session.rollback()
        if error.reason != "changed":
            return _too_late(notice)
        form.reason.errors = [gettext("Bản nháp vừa được người khác sửa. Đọc lại bản mới ở trên rồi bấm lại.")]
        return _page(*_found(notice_id), publish=form, status=409)
    session.commit()
    if mode == "now":
        flash(gettext("Đã đăng. Cần một cán bộ CDC khác duyệt sau."), "ok")
        return redirect(url_for(".show", notice_id=notice_id), 303)
    return redirect(url_for("approvals.show", approval_id=approval_id), 303)


@bp.post("/notice/<uuid:notice_id>/withdraw")
def withdraw(notice_id: UUID) -> ResponseReturnValue:
    """Take back what is out; the public page says why."""
    notice, case = _found(notice_id)
    form, session = WithdrawForm(), db.session()
    form.case = case
    if not form.validate():
        return _page(notice, case, withdraw=form, status=422)
    try:
        service.withdraw(
            session, now=clock.now(), actor=current_user.actor, case=case, notice=notice,
            why_vi=form.why_vi.data or "", why_en=form.why_en.data or None,
        )  # fmt: skip
    except DomainError:
        session.rollback()
        return _too_late(notice)
    session.commit()
    flash(gettext("Đã rút lại. Trang công khai nói rõ điều đó."), "ok")
    return redirect(url_for(".show", notice_id=notice_id), 303)


@bp.post("/notice/<uuid:notice_id>/correct")
def correct(notice_id: UUID) -> ResponseReturnValue:
    """A draft of the same words, which replaces this one when it goes out."""
    notice, case = _found(notice_id)
    session, now = db.session(), clock.now()
    if state_at(notice.state, notice.expires_at, now) != PUBLISHED:
        return _too_late(notice)
    known = next(
        (one for one in queries.of_case(session, case.id) if one.corrects == notice.id and one.state == DRAFT), None
    )
    if known is None:
        same = service.Words(**{name: getattr(notice, name) for name in service.Words.__dataclass_fields__})
        known = service.write(session, now=now, actor=current_user.actor, case=case, words=same, corrects=notice)
    known_id = known.id
    session.commit()
    return redirect(url_for(".edit", notice_id=known_id), 303)


def _stays(case: Case) -> list[queries.CaseStay]:
    """Where the case was; the reading is on record before the first place is read."""
    session, case_id = db.session(), case.id
    # What was read so far began a transaction that only reads; SQLite could not turn it into a writing one.
    session.rollback()
    set_read_only(False)
    service.record_reading(session, now=clock.now(), actor=current_user.actor, case=case)
    session.commit()
    set_read_only(request.method == "GET")
    return queries.stays_of(session, case_id)


def _found(notice_id: UUID) -> tuple[Notice, Case]:
    found = queries.by_id(db.session(), notice_id)
    if found is None:
        abort(404)
    scope.bind(db.session(), found[1].id)
    return found


def _too_late(notice: Notice) -> ResponseReturnValue:
    flash(gettext("Thông báo đã sang bước khác. Tình trạng mới ở dưới."), "warn")
    return redirect(url_for(".show", notice_id=notice.id), 303)


def _key(place: Place) -> str:
    return f"{place.venue_id}/{place.zone_id or ''}"


def _form(session: Session, case: Case, stays: list[queries.CaseStay], notice: Notice | None) -> NoticeForm:
    known: list[Place] = [*stays, *([notice] if notice else [])]
    names = venues.names(session, {one.venue_id for one in known})
    zones = venues.zone_names(session, list(names)) if any(one.zone_id for one in known) else {}
    form = NoticeForm()
    form.case = case
    # Each place once, in the order of the stays; where a zone is known, the whole place can be meant too.
    choices: dict[str, str] = {}
    for one in known:
        venue = names.get(one.venue_id)
        if venue is None:
            continue
        if one.zone_id:
            choices[_key(one)] = f"{venue.name} – {zones.get(one.zone_id, '?')}"
        choices.setdefault(f"{one.venue_id}/", venue.name)
    form.place.choices = list(choices.items())
    return form


def _prefill(form: NoticeForm, place: Place) -> None:
    until = place.end if isinstance(place, Notice) else place.until
    since = place.start if isinstance(place, Notice) else place.entered_at
    start, end = widened(since, until)
    form.place.data = _key(place)
    form.start.data, form.end.data = (clock.to_local(moment).strftime(SHOWN) for moment in (start, end))
    if isinstance(place, Notice):
        form.severity.data, form.words_vi.data = place.severity, place.words_vi
        form.words_en.data = place.words_en or ""


def _words(form: NoticeForm) -> service.Words:
    venue_id, zone_id = form.place.data.split("/")
    return service.Words(
        venue_id=UUID(venue_id),
        zone_id=UUID(zone_id) if zone_id else None,
        start=form.window[0],
        end=form.window[1],
        severity=form.severity.data,
        words_vi=form.words_vi.data or "",
        words_en=form.words_en.data or None,
    )


def _write_page(
    form: NoticeForm, case: Case, stays: list[queries.CaseStay], notice: Notice | None, *, late: bool = False
) -> ResponseReturnValue:
    """The form; where somebody else was faster it says what they wrote, and keeps what was typed."""
    names = venues.names(db.session(), {stay.venue_id for stay in stays})
    return render_template(
        "notices/write.html", form=form, case=case, stays=stays, names=names, notice=notice, late=late,
        theirs=queries.as_public(notice) if notice and late else None,
        where=queries.places_of(db.session(), [queries.as_public(notice)]).get(notice.id) if notice and late else None,
    ), 409 if late else 422 if form.errors else 200  # fmt: skip


def _page(
    notice: Notice, case: Case, *, publish: Form | None = None, withdraw: Form | None = None, status: int = 200
) -> ResponseReturnValue:
    session, public = db.session(), queries.as_public(notice)
    state = public.state_at(clock.now())
    known = approvals.standing(session, what=NOTICE, lookup_id=notice.id, actor_id=notice.written_by)
    editable = service.editable(session, notice)
    # What nobody decided while it was held is a draft as any.
    state = DRAFT if editable else state
    return render_template(
        "notices/desk.html",
        public=context.config().public_origin,
        notice=public,
        case=case,
        discarded=case.state == DISCARDED,
        state=state,
        editable=editable,
        version=notice.version,
        changed_by=notice.changed_by_name,
        changed_at=notice.changed_at,
        again=queries.stands_again(session, public, clock.now()),
        receipt=queries.receipt(session, notice.id),
        texted=len(queries.written_to(session, notice.id)),
        approval=known,
        where=queries.places_of(session, [public]).get(notice.id),
        numbers=queries.numbers(session, [notice.corrects, notice.replaced_by]),
        written_by=notice.written_by_name,
        written_at=notice.written_at,
        publish=publish or PublishForm(),
        withdraw=withdraw or WithdrawForm(),
        limits=limits(),
    ), status
