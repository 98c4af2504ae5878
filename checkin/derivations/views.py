"""What is kept of all open cases derived anew, beside: asked for, followed, stopped, gone on with, and what changed."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.db import db
from checkin.derivations import jobs, queries, service
from checkin.derivations.forms import DeriveForm
from checkin.derivations.models import RUNNING, WAITING, Derivation
from checkin.derivations.queries import Which
from checkin.derivations.showing import may_go_on, seconds_left, state_of
from checkin.errors import DomainError
from checkin.web import limiter

bp = Blueprint("derivations", __name__, url_prefix="/cases/derivations")
SHOWN = 10
# Each may start a process.
OFTEN = "10 per minute"


@bp.get("/")
def index() -> ResponseReturnValue:
    return _index(DeriveForm(formdata=None))


@bp.post("/")
@limiter.limit(OFTEN)
def derive() -> ResponseReturnValue:
    """Derive all open cases, in the background, from the first on: a run that was broken off goes on from its own page.
    Sent twice it is one run."""
    form = DeriveForm()
    if not form.validate():
        return _index(form, 422)
    session, now = db.session(), clock.now()
    try:
        run = service.ask(
            session, now=now, actor=current_user.actor, which=Which(), rules=form.rules.data, rules_on=clock.today(),
            reason=form.reason.data, anew=True,
        )  # fmt: skip
    except DomainError:
        session.rollback()
        flash(gettext("Một lần tính lại khác đang chạy. Chờ nó xong hoặc dừng nó trước."), "warn")
        return redirect(url_for(".index"), 303)
    return _started(run, now)


@bp.get("/<uuid:run_id>")
def show(run_id: UUID) -> ResponseReturnValue:
    """How far a run is, and at its end what changed."""
    run, now = _run(run_id), clock.now()
    state, left = state_of(run, now), seconds_left(run, now)
    return render_template(
        "derivations/show.html",
        run=run,
        state=state,
        going=state in (WAITING, RUNNING),
        goes_on=may_go_on(run, now),
        minutes=None if left is None else max(1, round(left / 60)),
    )


@bp.post("/<uuid:run_id>/stop")
@limiter.limit(OFTEN)
def stop(run_id: UUID) -> ResponseReturnValue:
    _run(run_id)
    if service.stop(db.session(), now=clock.now(), actor=current_user.actor, run_id=run_id):
        db.session.commit()
        flash(gettext("Đã dừng. Các ca đã tính lại vẫn giữ kết quả."), "ok")
    return redirect(url_for(".show", run_id=run_id), 303)


@bp.post("/<uuid:run_id>/on")
@limiter.limit(OFTEN)
def go_on(run_id: UUID) -> ResponseReturnValue:
    """Take up a run that was broken off, from where it was."""
    run, now = _run(run_id), clock.now()
    if may_go_on(run, now):
        try:
            again = service.go_on(db.session(), now=now, actor=current_user.actor, run_id=run_id)
        except DomainError:
            db.session.rollback()
            flash(gettext("Một lần tính lại khác đang chạy. Chờ nó xong hoặc dừng nó trước."), "warn")
            return redirect(url_for(".index"), 303)
        return _started(again, now)
    return redirect(url_for(".show", run_id=run_id), 303)


def _started(run: Derivation, now: datetime) -> ResponseReturnValue:
    # Where it waited before, whoever made it wait started a process.
    run_id, needs_process = run.id, run.state == WAITING and now in (run.asked_at, run.beat_at)
    db.session.commit()
    if needs_process:
        jobs.start(context.config())
    return redirect(url_for(".show", run_id=run_id), 303)


def _run(run_id: UUID) -> Derivation:
    run = queries.run_of(db.session(), run_id)
    if run is None:
        abort(404)
    return run


def _index(form: DeriveForm, status: int = 200) -> ResponseReturnValue:
    session, now = db.session(), clock.now()
    today, days = context.rules(clock.today()), queries.by_rules(session, Which())
    older = sum(count for day, count in days.items() if service.is_older(context.rules(day), today))
    runs = [(run, state_of(run, now)) for run in queries.newest(session, SHOWN)]
    return render_template(
        "derivations/index.html",
        form=form,
        open_cases=sum(days.values()),
        older=older,
        runs=runs,
        going=next((run for run, state in runs if state in (WAITING, RUNNING)), None),
    ), status
