"""Writing a notice for a case, letting it out, taking it back and correcting it: for officers of the CDC."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, scope
from checkin.approvals import queries as approvals
from checkin.approvals.limits import NOTICE
from checkin.approvals.today import limits
from checkin.cases import queries as cases
from checkin.cases.models import DISCARDED, Case
from checkin.db import begin_writing, db, set_read_only
from checkin.errors import DomainError
from checkin.forms import Form
from checkin.notices import history, queries, service
from checkin.notices.choosing import Choice, choices_of, form_of, words_of
from checkin.notices.forms import NoticeForm, PublishForm, WithdrawForm
from checkin.notices.models import DRAFT, PUBLISHED, Notice, state_at
from checkin.notices.ofnotice import notice_of
from checkin.notices.words import FIELD_NAMES, HOW_NAMES, RULED_OUT, for_pages
from checkin.venues import queries as venues

bp = Blueprint("noticing", __name__)
bp.app_context_processor(for_pages)
# Of the places of a case; the older ones unfold.
SHOWN_AT_ONCE = 8


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
    choices = _choices(case, None)
    form = form_of(case, choices, None)
    if form.validate_on_submit():
        words = words_of(form, choices)
        notice = service.write(session, now=clock.now(), actor=current_user.actor, case=case, words=words)
        notice_id = notice.id
        session.commit()
        return redirect(url_for(".show", notice_id=notice_id), 303)
    return _write_page(form, case, choices, None)


@bp.route("/notice/<uuid:notice_id>/edit", methods=["GET", "POST"])
def edit(notice_id: UUID) -> ResponseReturnValue:
    """Write a draft anew."""
    notice, case = notice_of(notice_id)
    if not service.editable(db.session(), notice):
        return _too_late(notice)
    session = db.session()
    choices = _choices(case, notice)
    form = form_of(case, choices, notice)
    if form.validate_on_submit():
        try:
            service.change(
                session, now=clock.now(), actor=current_user.actor, case=case, notice=notice,
                words=words_of(form, choices), seen=form.version,
            )  # fmt: skip
        except DomainError as error:
            session.rollback()
            if error.reason != "changed":
                return _too_late(notice)
            notice, case = notice_of(notice_id)
            return _write_page(form, case, choices_of(session, case, notice), notice, late=True)
        session.commit()
        return redirect(url_for(".show", notice_id=notice_id), 303)
    return _write_page(form, case, choices, notice)


@bp.get("/notice/<uuid:notice_id>")
def show(notice_id: UUID) -> ResponseReturnValue:
    """Exactly what the public sees or will see, and what can be done about it."""
    return _page(*notice_of(notice_id))


@bp.post("/notice/<uuid:notice_id>/publish")
def publish(notice_id: UUID) -> ResponseReturnValue:
    """Ask a second person, or let it out at once and have it approved after."""
    notice, case = notice_of(notice_id)
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
        if error.reason == "discarded":
            flash(gettext("Ca này đã loại trừ: thông báo không đăng được nữa."), "warn")
            return redirect(url_for(".show", notice_id=notice_id), 303)
        if error.reason != "changed":
            return _too_late(notice)
        form.reason.errors = [gettext("Bản nháp vừa được người khác sửa. Đọc lại bản mới ở trên rồi bấm lại.")]
        return _page(*notice_of(notice_id), publish=form, status=409)
    session.commit()
    if mode == "now":
        flash(gettext("Đã đăng. Cần một cán bộ CDC khác duyệt sau."), "ok")
        return redirect(url_for(".show", notice_id=notice_id), 303)
    return redirect(url_for("approvals.show", approval_id=approval_id), 303)


@bp.post("/notice/<uuid:notice_id>/withdraw")
def withdraw(notice_id: UUID) -> ResponseReturnValue:
    """Take back what is out; the public page says why."""
    notice, case = notice_of(notice_id)
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


@bp.post("/cases/<number>/notices/withdraw")
def withdraw_all(number: str) -> ResponseReturnValue:
    """Take back all that is out or waits about a case that turned out to be none."""
    session = db.session()
    case = cases.by_number(session, number)
    if case is None:
        abort(404)
    scope.bind(session, case.id)
    back = redirect(url_for("casework.show", number=number), 303)
    if case.state != DISCARDED:
        flash(gettext("Ca này chưa loại trừ: rút từng thông báo ở trang của nó."), "warn")
        return back
    done = service.withdraw_all(session, now=clock.now(), actor=current_user.actor, case=case, why=RULED_OUT)
    session.commit()
    if done:
        flash(gettext("Đã rút lại %(numbers)s. Trang công khai nói rõ điều đó.", numbers=", ".join(done)), "ok")
    else:
        flash(gettext("Không còn thông báo nào phải rút."), "ok")
    return back


@bp.post("/notice/<uuid:notice_id>/correct")
def correct(notice_id: UUID) -> ResponseReturnValue:
    """A draft of the same words, which replaces this one when it goes out."""
    notice, case = notice_of(notice_id)
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


def _choices(case: Case, notice: Notice | None) -> list[Choice]:
    """Where the case was; the reading is on record before the first place is read."""
    session = begin_writing()
    service.record_reading(session, now=clock.now(), actor=current_user.actor, case=case)
    session.commit()
    set_read_only(request.method == "GET")
    return choices_of(session, case, notice)


def _too_late(notice: Notice) -> ResponseReturnValue:
    flash(gettext("Thông báo đã sang bước khác. Tình trạng mới ở dưới."), "warn")
    return redirect(url_for(".show", notice_id=notice.id), 303)


def _write_page(
    form: NoticeForm, case: Case, choices: list[Choice], notice: Notice | None, *, late: bool = False
) -> ResponseReturnValue:
    """The form; where somebody else was faster it says what they wrote, and keeps what was typed."""
    return render_template(
        "notices/write.html", form=form, case=case, choices=choices, notice=notice, late=late, how_names=HOW_NAMES,
        first=SHOWN_AT_ONCE, theirs=queries.as_public(notice) if notice and late else None,
        where=queries.places_of(db.session(), [queries.as_public(notice)]).get(notice.id) if notice and late else None,
    ), 409 if late else 422 if form.errors else 200  # fmt: skip


def _withdraw_form(case: Case) -> WithdrawForm:
    form = WithdrawForm(formdata=None)
    if case.state == DISCARDED:
        form.why_vi.data, form.why_en.data = RULED_OUT
    return form


def _steps(notice: Notice) -> list[history.Step]:
    """What was changed of the draft, the newest first; of a correction beginning with what it corrects."""
    session = db.session()
    versions = [history.Version(one.by_name, one.at, one) for one in queries.drafts_of(session, notice.id)]
    last = notice.changed_by_name or notice.written_by_name, notice.changed_at or notice.written_at
    versions.append(history.Version(*last, notice))
    corrected = queries.by_id(session, notice.corrects) if notice.corrects else None
    if corrected is None:
        return history.steps(versions[0].words, versions[1:])
    found = history.steps(corrected[0], versions)
    # Written down as it was, to begin with.
    return found if found[-1].changes else found[:-1]


def _named(place: tuple[UUID, UUID | None]) -> str:
    """What a place is called now."""
    venue_id, zone_id = place
    venue = venues.names(db.session(), {venue_id}).get(venue_id)
    zone = venues.zone_names(db.session(), [venue_id]).get(zone_id, "?") if zone_id else None
    return " – ".join(filter(None, (venue.name if venue else "?", zone)))


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
        withdraw=withdraw or _withdraw_form(case),
        steps=_steps(notice),
        named=_named,
        field_names=FIELD_NAMES,
        limits=limits(),
    ), status
