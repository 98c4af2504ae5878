from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context, notes
from checkin.approvals import queries as approvals
from checkin.db import db
from checkin.duty import queries, service
from checkin.duty.forms import HandOverForm
from checkin.duty.models import DutyHandover
from checkin.duty.queries import Happened, Sums, Work
from checkin.duty.words import CHANGE_NAMES, DONE_NAMES, NUMBER_NAMES
from checkin.errors import DomainError
from checkin.forms import too_late
from checkin.i18n import format_moment
from checkin.places import queries as places

bp = Blueprint("duty", __name__, url_prefix="/duty")
# How far the first hand-over of all looks back; how many of a page.
FIRST, PAGE, MOST_NOTICES, MOST_CASES = timedelta(hours=24), 50, 20, 50
WORDS = {"number_names": NUMBER_NAMES, "done_names": DONE_NAMES, "change_names": CHANGE_NAMES}


@dataclass(frozen=True)
class Shift:
    """How things stand now, and what happened since the last hand-over."""

    last: DutyHandover | None
    since: datetime
    work: Work
    happened: Happened
    numbers: dict[str, int]


def shift() -> Shift:
    """The shift that goes on now."""
    session, now = db.session(), clock.now()
    last = queries.last(session)
    since = last.made_at if last else now - FIRST
    work, done = queries.contact_sums(session, now=now), queries.happened(session, since, MOST_NOTICES)
    numbers = (
        dict(work.total())
        | vars(queries.contacts_done(session, since))
        | {
            "cases": queries.open_cases(session),
            "approvals": approvals.undecided_count(session),
            "changed_cases": len(done.changes),
            "lookups": done.lookups,
            "notices": len(done.notices),
        }
    )
    return Shift(last, since, work, done, {name: numbers[name] for name in (*NUMBER_NAMES, *DONE_NAMES)})


@bp.app_template_global("duty_now")
def duty_now() -> Shift:
    """The same, for the first page of the CDC."""
    return shift()


@bp.get("/")
def index() -> ResponseReturnValue:
    return _page(HandOverForm(formdata=None))


@bp.post("/")
def hand_over() -> ResponseReturnValue:
    """Hand the shift over with the numbers of this moment."""
    form = HandOverForm()
    if not form.validate():
        return _page(form, 422)
    now = shift()
    try:
        service.hand_over(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            seen=form.version,
            since=now.since,
            numbers=now.numbers,
            note=form.note.data or "",
        )
        db.session.commit()
    except DomainError:
        db.session.rollback()
        last = queries.last(db.session())
        late = gettext("Số liệu dưới đây tính từ lúc đó.")
        done = (last.made_by_name, str(gettext("Giao ca")), last.made_at) if last else ()
        return _page(form, 409, f"{too_late(*done)} {late}")
    flash(gettext("Đã giao ca. Người nhận mở trang này và bấm “Nhận ca”."), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:number>/take")
def take(number: int) -> ResponseReturnValue:
    handover = queries.one(db.session(), number) if number < 2**31 else None
    if handover is None:
        abort(404)
    try:
        service.take_over(db.session(), now=clock.now(), actor=current_user.actor, handover=handover)
        db.session.commit()
        flash(gettext("Bạn đã nhận ca."), "ok")
    except DomainError as error:
        db.session.rollback()
        handover = queries.one(db.session(), number)
        news = str(gettext("Người giao ca không tự nhận ca của mình."))
        if error.reason != "own" and handover is not None and handover.taken_by_name and handover.taken_at:
            when = format_moment(handover.taken_at)
            news = gettext("%(who)s đã nhận ca này lúc %(when)s.", who=handover.taken_by_name, when=when)
        flash(news, "warn")
    return redirect(url_for(".index"), 303)


@bp.get("/<int:number>")
def show(number: int) -> ResponseReturnValue:
    """A hand-over as it was, to print."""
    handover = queries.one(db.session(), number) if number < 2**31 else None
    if handover is None:
        abort(404)
    return render_template(
        "duty/handover.html", handover=handover, note=notes.opened(context.vault(), handover.note), **WORDS
    )


@bp.get("/history")
def history() -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before < 2**31:
        abort(404)
    found = queries.handovers(db.session(), before=before, limit=PAGE + 1)
    return render_template(
        "duty/history.html", handovers=found[:PAGE], older=found[PAGE - 1].seq if len(found) > PAGE else None, **WORDS
    )


@dataclass(frozen=True)
class Line:
    """A commune's or a case's part of the work."""

    name: str
    sums: Sums


def _by_commune(work: Work) -> list[Line]:
    """The communes with anybody to call or in quarantine, those with the most late first; last whom the CDC calls."""
    units = {unit.id: unit.full_name for unit in places.communes_of(db.session(), context.config().province) or ()}
    busy = [one for one in work.communes if one.to_call or one.watched]
    lines = [
        Line(units.get(one.commune_id, one.commune_id) if one.commune_id else gettext("CDC tự gọi"), one)
        for one in busy
    ]
    return sorted(
        lines, key=lambda line: (line.sums.commune_id is None, -line.sums.late, -line.sums.to_call, line.name)
    )


def _by_case(work: Work) -> list[Line]:
    """The cases of which somebody is ill, positive or refuses, newest first. Of more than MOST_CASES those with most
    who are positive, then ill, then refuse."""
    loudest = sorted(work.cases, key=lambda one: (-one.positive, -one.ill, -one.refused, str(one.case_id)))[:MOST_CASES]
    theirs = {one.case_id: one for one in loudest if one.case_id}
    return [Line(number, theirs[case_id]) for case_id, number in queries.numbers_of(db.session(), theirs).items()]


def _page(form: HandOverForm, status: int = 200, late: str = "") -> ResponseReturnValue:
    now = shift()
    return render_template(
        "duty/index.html",
        shift=now,
        form=form,
        seen=now.last.seq if now.last else 0,
        note=notes.opened(context.vault(), now.last.note) if now.last else "",
        untaken=[
            (one, notes.opened(context.vault(), one.note))
            for one in queries.untaken(db.session(), below=now.last.seq if now.last else 0, limit=PAGE)
        ],
        mine=bool(now.last and now.last.made_by == current_user.id),
        communes=_by_commune(now.work),
        cases=_by_case(now.work),
        late=late,
        **WORDS,
    ), status
