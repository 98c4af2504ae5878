"""A register as a page: sent, looked through in the background, asked about, imported, and shown row by row."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import HTTPException

from checkin import clock, context, scope
from checkin.db import db, set_read_only
from checkin.errors import DomainError
from checkin.i18n import locale_code
from checkin.places import queries as places
from checkin.register import jobs, queries, service, showing
from checkin.register.about import About
from checkin.register.forms import UploadForm
from checkin.register.models import CHECK, DONE, ERRORS, FAILED, LOAD, RUNNING, WAITING, RegisterImport
from checkin.register.planning import ASKED, CREATED, OUTCOMES, REJECTED, SAME, UPDATED
from checkin.register.reasons import FILES
from checkin.register.tables import LARGEST
from checkin.web import LARGER_BODIES, limiter

bp = Blueprint("register", __name__, url_prefix="/register")

# The file, and what a browser writes around it.
LARGER_BODIES["register.send"] = LARGEST + 64 * 1024
GONE = "gone"
CHOICE = "choice-"


@bp.get("/")
def index() -> ResponseReturnValue:
    """Where a register is sent, and those that were."""
    form = UploadForm(formdata=None)
    if "large" in request.args:
        form.file.errors = [str(FILES["large"])]
    return _index(form)


@bp.post("/")
@limiter.limit("30 per hour")
def send() -> ResponseReturnValue:
    """Keep the file and have it looked through."""
    form = UploadForm()
    if not form.validate_on_submit():
        return _index(form), 422
    session, sent = db.session(), form.file.data
    made = service.receive(
        session,
        context.vault(),
        now=clock.now(),
        actor=current_user.actor,
        commune_id=scope.current(session).commune,
        form=form.kind,
        locale=locale_code(),
        name=sent.filename,
        file=sent.stream,
    )
    import_id = made.id
    session.commit()
    jobs.start(context.config())
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.get("/<uuid:import_id>")
def show(import_id: UUID) -> ResponseReturnValue:
    """How far it is; then what will happen, or happened, to each row."""
    session, vault, now = db.session(), context.vault(), clock.now()
    register = _own(import_id)
    state: str = register.state
    problem: str | None = register.problem
    if service.has_died(register, now) or service.is_forgotten(session, register, now):
        state, problem = FAILED, "died"
    known = service.about(session, vault, import_id)
    if register.gone_at <= now:
        state = GONE
    outcome, number, lines, pages = _page(register, state)
    return render_template(
        "register/show.html",
        register=register,
        known=known,
        state=state,
        problem=_problem(problem, known),
        going=state in {WAITING, RUNNING},
        loading=register.step == LOAD,
        others=queries.same_file(session, register) if state in {WAITING, RUNNING, DONE} else 0,
        outcome=outcome,
        page=number,
        pages=pages,
        lines=lines,
        communes=_names(lines, known),
        counts={name: getattr(register, name) for name in (*OUTCOMES, ASKED)},
        choice=CHOICE,
    )


@bp.post("/<uuid:import_id>/communes")
def choose(import_id: UUID) -> ResponseReturnValue:
    """Take what the doubtful names mean, and look through the file again."""
    session, vault, register = db.session(), context.vault(), _own(import_id)
    known = service.about(session, vault, import_id)
    for at, question in enumerate(known.questions):
        chosen = request.form.get(f"{CHOICE}{at}", "later")
        if chosen in (*question["communes"], ""):
            known.choices[question["question"]] = chosen
        elif chosen == "later":
            known.choices.pop(question["question"], None)
    return _again(register, CHECK, known)


@bp.post("/<uuid:import_id>/check")
def check(import_id: UUID) -> ResponseReturnValue:
    """Look through the file once more, such as after somebody else imported."""
    return _again(_own(import_id), CHECK)


@bp.post("/<uuid:import_id>/load")
def load(import_id: UUID) -> ResponseReturnValue:
    """Import it, in the background."""
    return _again(_own(import_id), LOAD)


@bp.post("/<uuid:import_id>/stop")
def stop(import_id: UUID) -> ResponseReturnValue:
    """End it after the batch it is in."""
    session, register = db.session(), _own(import_id)
    service.stop(session, now=clock.now(), actor=current_user.actor, register=register)
    session.commit()
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.errorhandler(413)
def too_large(error: HTTPException) -> ResponseReturnValue:
    """A file that is larger than any register comes back to the page it was chosen on, also without JavaScript."""
    if request.endpoint != "register.send":
        return error.get_response()
    return redirect(url_for(".index", large=1), 303)


@bp.post("/<uuid:import_id>/forget")
def forget(import_id: UUID) -> ResponseReturnValue:
    """Let go of the file before its day is over."""
    session, register = db.session(), _own(import_id)
    try:
        service.forget(session, now=clock.now(), actor=current_user.actor, register=register)
    except DomainError:
        abort(409)
    session.commit()
    return redirect(url_for(".index"), 303)


@bp.get("/<uuid:import_id>/refused.csv")
def refused(import_id: UUID) -> ResponseReturnValue:
    """The refused rows as they were, each with its reasons."""
    register = _own(import_id)
    first = service.read_piece(db.session(), context.vault(), import_id, ERRORS, 0)
    if register.gone_at <= clock.now() or first is None:
        abort(404)
    name = f"{import_id.hex[-6:]}-khong-nhap.csv"
    body = stream_with_context(_pieces(import_id, scope.current(db.session())))
    return Response(
        body,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _index(form: UploadForm) -> str:
    session, now = db.session(), clock.now()
    return render_template(
        "register/index.html",
        form=form,
        imports=[(one, service.about(session, context.vault(), one.id)) for one in queries.imports(session)],
        now=now,
        commune=_commune(),
        limit=LARGEST,
    )


def _again(register: RegisterImport, step: str, known: About | None = None) -> ResponseReturnValue:
    session, import_id = db.session(), register.id
    try:
        new = service.ask(session, now=clock.now(), actor=current_user.actor, register=register, step=step)
    except DomainError:
        # Its day is over, or it could not be looked through: the page says so.
        session.rollback()
        return redirect(url_for(".show", import_id=import_id), 303)
    if new and known is not None:
        service.keep_about(session, context.vault(), import_id, known)
    session.commit()
    if new:
        jobs.start(context.config())
    return redirect(url_for(".show", import_id=import_id), 303)


def _page(register: RegisterImport, state: str) -> tuple[str, int, list[dict[str, Any]], int]:
    """The outcome that is shown, its page, the lines of it, and how many pages there are."""
    counts = {name: getattr(register, name) for name in (ASKED, REJECTED, CREATED, UPDATED, SAME)}
    outcome = request.args.get("rows", "")
    if outcome not in counts:
        outcome = next((name for name in (REJECTED, CREATED, UPDATED, SAME, ASKED) if counts[name]), REJECTED)
    pages = -(-counts[outcome] // showing.PAGE)
    try:
        number = int(request.args.get("page", "1"))
    except ValueError:
        abort(404)
    if state != DONE or not pages:
        return outcome, 1, [], 0
    if not 1 <= number <= pages:
        abort(404)
    found = service.read_piece(db.session(), context.vault(), register.id, outcome, number - 1)
    return outcome, number, showing.opened(found) if found else [], pages


def _problem(problem: str | None, known: About) -> str:
    if problem is None:
        return ""
    text = str(FILES.get(problem, FILES["broken"]))
    return text % {"detail": known.detail} if "%(" in text else text


def _names(lines: list[dict[str, Any]], known: About) -> dict[str, str]:
    wanted = {line["commune"] for line in lines if line["commune"]}
    wanted |= {commune for question in known.questions for commune in question["communes"]}
    return {unit.id: unit.full_name for unit in map(_unit, wanted) if unit is not None}


def _unit(commune_id: str) -> places.Unit | None:
    return places.commune(db.session(), commune_id)


def _commune() -> str:
    place = _unit(scope.current(db.session()).commune or "")
    return place.full_name if place else ""


def _pieces(import_id: UUID, who: scope.Scope) -> Iterator[bytes]:
    set_read_only(True)
    session, number = db.session(), 0
    scope.enter(session, who)
    while (piece := service.read_piece(session, context.vault(), import_id, ERRORS, number)) is not None:
        session.rollback()
        yield piece
        number += 1


def _own(import_id: UUID) -> RegisterImport:
    """A register, for who sent it; to everybody else it does not exist."""
    found = queries.import_of(db.session(), import_id)
    if found is None:
        abort(404)
    return found
