"""One person of the station's list: what they told, what was done, what to do next."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, notes, scope
from checkin.calls import queries as calls
from checkin.calls.queries import Waiting
from checkin.calls.words import RESULT_NAMES, facts_of
from checkin.db import db, set_read_only
from checkin.errors import DomainError
from checkin.forms import StepForm, too_late
from checkin.places import queries as communes
from checkin.stations import service
from checkin.stations.forms import CallForm, MoveForm
from checkin.stations.showing import DAYS, STEP_NAMES, WORDS, gone, lines_of, record

bp = Blueprint("calling", __name__, url_prefix="/station/people")
bp.register_error_handler(404, gone)
# Of the list; and of a form, which has ten.
MOST, MOST_ALONG = 5000, 20


@bp.get("/<uuid:call_id>")
def show(call_id: UUID) -> ResponseReturnValue:
    return _page(call_id)


@bp.post("/<uuid:call_id>/take")
def take(call_id: UUID) -> ResponseReturnValue:
    return _plain(call_id, service.take, gettext("Bạn nhận gọi người này. Đồng nghiệp thấy ngay."))


@bp.post("/<uuid:call_id>/let-go")
def let_go(call_id: UUID) -> ResponseReturnValue:
    return _plain(call_id, service.let_go, gettext("Đã thôi nhận. Người khác gọi được."))


@bp.post("/<uuid:call_id>/undo")
def undo(call_id: UUID) -> ResponseReturnValue:
    return _plain(call_id, service.undo, gettext("Đã trở lại như trước. Bước vừa làm vẫn còn trong lịch sử."))


@bp.post("/<uuid:call_id>/call")
def call(call_id: UUID) -> ResponseReturnValue:
    """Note how a call went."""
    form = CallForm()
    if not form.validate():
        return _page(call_id, call_form=form, status=422)
    act = partial(
        service.called,
        vault=context.vault(),
        result=form.result.data,
        note=form.note.data or "",
        done=bool(form.done.data),
    )
    return _act(call_id, form, act, gettext("Đã ghi cuộc gọi."), call_form=form)


@bp.post("/<uuid:call_id>/move")
def move(call_id: UUID) -> ResponseReturnValue:
    """Hand somebody over to another commune's station; from then on the page is not this station's."""
    form = _move_form()
    if not form.validate():
        return _page(call_id, move_form=form, status=422)
    act = partial(service.move, vault=context.vault(), to_commune=form.to.data, note=form.move_note.data or "")
    done = gettext("Đã chuyển. Trạm bên đó thấy ngay trong danh sách của họ.")
    return _act(call_id, form, act, done, to=url_for("stations.index"), move_form=form)


def _plain(call_id: UUID, act: Callable[..., None], done: str) -> ResponseReturnValue:
    return _act(call_id, StepForm(), act, done)


def _act(
    call_id: UUID, form: StepForm, act: Callable[..., None], done: str, *, to: str = "", **kept: Any
) -> ResponseReturnValue:
    """Do it on what the officer saw; where somebody was faster, the page says so and keeps what was typed."""
    session, told = db.session(), _found(call_id)
    try:
        if told.version != form.version:
            raise DomainError("changed")
        act(session, now=clock.now(), actor=current_user.actor, call=told)
        session.commit()
    except DomainError as error:
        session.rollback()
        if error.reason in ("free", "nothing", "here"):
            flash(gettext("Không làm được việc này lúc này."), "warn")
            return redirect(url_for(".show", call_id=call_id), 303)
        return _page(call_id, news=_late(call_id), status=409, **kept)
    flash(done, "ok")
    return redirect(to or url_for(".show", call_id=call_id), 303)


def _late(call_id: UUID) -> str:
    """Who was faster, with what, and when."""
    steps = calls.steps(db.session(), call_id)
    if not steps:
        return too_late()
    what = str(STEP_NAMES.get(steps[-1].what, steps[-1].what))
    if steps[-1].result in RESULT_NAMES:
        what += f" – {RESULT_NAMES[steps[-1].result]}"
    return too_late(steps[-1].by_name, what, steps[-1].at)


def _found(call_id: UUID) -> Waiting:
    told = calls.one(db.session(), call_id, since=clock.now() - timedelta(days=DAYS))
    if told is None:
        abort(404)
    return told


def _along(told: Waiting, since: datetime) -> list[Waiting]:
    """Who stood on the same form and is in the list: one call may do for a family on the road."""
    if told.group_id is None:
        return []
    every = calls.waiting(db.session(), since=since, most=MOST)
    return [one for one in every if one.group_id == told.group_id and one.id != told.id][:MOST_ALONG]


def _move_form(blank: bool = False) -> MoveForm:
    form, session = MoveForm(formdata=None) if blank else MoveForm(), db.session()
    own = scope.current(session).commune
    every = communes.communes_of(session, context.config().province) or ()
    form.to.choices = [("", gettext("Chọn xã, phường…"))] + [
        (place.id, place.full_name) for place in every if place.id != own
    ]
    return form


def _page(
    call_id: UUID,
    *,
    call_form: CallForm | None = None,
    move_form: MoveForm | None = None,
    news: str = "",
    status: int = 200,
) -> ResponseReturnValue:
    """The page of somebody; the reading is on record before the name is opened."""
    session = db.session()
    since = clock.now() - timedelta(days=DAYS)
    along = _along(_found(call_id), since)
    record(clock.now(), 1 + len(along))
    set_read_only(True)
    told = _found(call_id)
    line, *beside = lines_of([told, *along], [told])
    steps = calls.steps(session, call_id)
    units = communes.communes_of(session, context.config().province) or ()
    others = [one for one in calls.waiting(session, since=since, most=MOST) if one.person_id == told.person_id]
    return render_template(
        "stations/person.html",
        line=line,
        facts=facts_of(told.kind, told.day, line.details),
        steps=[(step, notes.opened(context.vault(), step.note)) for step in steps],
        others=[one for one in others if one.id != told.id],
        beside=beside,
        communes={unit.id: unit.full_name for unit in units},
        call_form=call_form or CallForm(formdata=None),
        move_form=move_form or _move_form(blank=True),
        seen=told.version,
        news=news,
        mine=told.taken_by == current_user.id,
        result_names=RESULT_NAMES,
        step_names=STEP_NAMES,
        undoable=bool(steps) and steps[-1].what not in ("move", "undo"),
        **WORDS,
    ), status
