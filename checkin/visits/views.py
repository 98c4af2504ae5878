from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError
from werkzeug.datastructures import MultiDict

from checkin import clock, context, errors
from checkin.db import db, missing_day
from checkin.declarations import homes
from checkin.declarations.forms import DeclarationForm
from checkin.declarations.service import judge
from checkin.declarations.told import Told
from checkin.declarations.triage import needs_help
from checkin.i18n import LANGUAGES
from checkin.metrics import CHECK_INS
from checkin.names import mask_middle
from checkin.places import queries as places
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise
from checkin.venues.kinds import HEALTH
from checkin.venues.queries import Door
from checkin.visits import device, service, tokens
from checkin.visits.cardfill import fill
from checkin.visits.service import CheckIn
from checkin.visits.tokens import StaleForm, VisitToken
from checkin.web import csrf, limiter, same_origin

bp = Blueprint("visits", __name__)


@bp.route("/v/<code>", methods=["GET"])
@limiter.limit("1200 per minute")
def form(code: str) -> ResponseReturnValue:
    """The declaration of a venue; one confirmation where this device declared with every answer no."""
    door = _door(code)
    if isinstance(door, Response):
        return door
    known = device.remembered()
    if known and known.all_no and not request.args.keys() & {"change", "new"}:
        return render_template(
            "visits/again.html", **_page(door), name=mask_middle(known.who.full_name), submission=_fresh(door)
        )
    blank = _form()
    again = known is not None and "new" not in request.args
    if known and again:
        blank.fill_from(known.who)
    return _render_form(door, blank, known=again)


@bp.route("/v/<code>", methods=["POST"])
@csrf.exempt
@limiter.limit("1200 per minute")
def declare(code: str) -> ResponseReturnValue:
    """Take a declaration and open the visit; the answer is the result itself, so that no cookie is needed."""
    door = _door(code)
    if isinstance(door, Response):
        return door
    if not same_origin(context.config()):
        return errors.page(403)
    if "confirm" in request.form:
        return _confirm(door)
    sent = _form(request.form)
    # Enter in any field presses this button, the first of the form: without a card the whole form is meant.
    if "fill" in request.form and sent.card.data:
        return _fill(door, sent)
    if sent.card.data:
        fill(sent, sent.today, context.config().province)
    homes.resolve(db.session(), sent, context.config().province)
    if not sent.validate():
        return _render_form(door, sent, status=422, fresh=False)
    return _check_in(door, sent.told(), sent)


@bp.post("/v/<code>/leave")
@csrf.exempt
def leave(code: str) -> ResponseReturnValue:
    """Record that this visitor left: by the token of the visit, which only the own device got."""
    # Also where the code was replaced or the venue closed meanwhile: who is inside must get out.
    door = venues.known_door(db.session(), normalise(code[:100]))
    if door is None:
        return errors.page(404)
    if not same_origin(context.config()):
        return errors.page(403)
    token = tokens.read_visit(context.vault().session_secret, request.form.get("token", ""))
    if token is None:
        return errors.page(400, expired=True)
    now = clock.now()
    first = service.leave(
        db.session(), now=now, visit_id=token.visit_id, entered_at=token.entered_at, venue_id=door.venue_id
    )
    db.session.commit()
    return render_template("visits/left.html", **_page(door), left_at=now if first else None)


@bp.post("/forget-me")
@csrf.exempt
def forget() -> ResponseReturnValue:
    """Take the visitor's details off this device."""
    if not same_origin(context.config()):
        return errors.page(403)
    response = make_response(render_template("visits/forgotten.html"))
    device.forget(response)
    return response


@bp.get("/v/")
@bp.get("/code")
def by_hand() -> ResponseReturnValue:
    """A code typed by hand, for those whose camera does not read it."""
    typed = normalise(request.args.get("code", "")[:100])
    if not typed:
        return redirect(url_for("front.home", **_lang_arg()))
    return redirect(url_for(".form", code=typed, **_lang_arg()))


def _door(code: str) -> Door | Response:
    """What the code stands for, or the page that says why nothing can be declared with it."""
    normal = normalise(code[:100])
    verdict = diagnose(code[:100])
    door = venues.known_door(db.session(), normal) if verdict == "ok" else None
    if door is None:
        reason = "mistyped" if verdict == "mistyped" else "unknown" if verdict == "ok" else "not_a_code"
        return _no_visit(404, reason, None, code[:40])
    if door.revoked:
        return _no_visit(410, "revoked", door, "")
    return door if door.open else _no_visit(410, "closed", door, "")


def _no_visit(status: int, reason: str, door: Door | None, typed: str) -> Response:
    page = render_template("visits/no_visit.html", reason=reason, door=door, typed=typed)
    return make_response(page, status)


def _page(door: Door) -> dict[str, object]:
    today = clock.today()
    rules = context.rules(today)
    return {
        "door": door,
        "days": rules.declared_days,
        "kept_days": rules.retention_days,
        "since": today - timedelta(days=rules.declared_days),
        "lang_arg": _lang_arg(),
    }


def _lang_arg() -> dict[str, Any]:
    """The language in the address, to be kept in the links of those whose browser keeps no cookies."""
    return {"lang": request.args["lang"]} if request.args.get("lang") in LANGUAGES else {}


def _form(values: MultiDict[str, str] | None = None) -> DeclarationForm:
    form = DeclarationForm(values)
    form.today, form.home = clock.today(), context.config().province
    session = db.session()
    form.province.choices = [(place.id, place.name) for place in places.provinces(session) or ()]
    if not form.province.data:
        form.province.data = form.home
    return form


def _fill(door: Door, sent: DeclarationForm) -> ResponseReturnValue:
    if not fill(sent, sent.today, context.config().province):
        return _render_form(door, sent, status=422, fresh=False)
    # Read once: what the visitor now corrects or takes out must not come back from the card.
    sent.card.data = ""
    notice = gettext("Đã điền từ thẻ. Xem lại rồi ghi các mục còn trống.")
    return _render_form(door, sent, fresh=False, notice=notice, filled=True)


def _fresh(door: Door) -> str:
    return tokens.submission_token(context.vault().session_secret, door.code, clock.now())


def _render_form(
    door: Door,
    form: DeclarationForm,
    *,
    status: int = 200,
    fresh: bool = True,
    notice: str = "",
    filled: bool = False,
    known: bool = False,
) -> ResponseReturnValue:
    """The form's page. A form that goes back with errors keeps its submission, so that a retry is the same one."""
    kept = request.form.get("submission", "")
    token = _fresh(door) if fresh or not _valid(kept, door) else kept
    communes = places.communes_of(db.session(), form.home) or ()
    return render_template(
        "visits/form.html",
        **_page(door),
        form=form,
        communes=communes,
        submission=token,
        notice=notice,
        filled=filled,
        known=known,
    ), status


def _valid(token: str, door: Door) -> bool:
    try:
        tokens.read_submission(context.vault().session_secret, token, door.code, clock.now())
    except StaleForm:
        return False
    return True


def _confirm(door: Door) -> ResponseReturnValue:
    known = device.remembered()
    if known is None or not known.all_no:
        # The cookie was cleared between page and send: the whole form, which loses nothing.
        notice = gettext("Máy này không còn lưu thông tin của bạn. Xin khai lại một lần.")
        return _render_form(door, _form(), status=422, notice=notice)
    return _check_in(door, Told(who=known.who), None)


def _with_day(now: datetime, check_in: Callable[[], CheckIn]) -> CheckIn:
    """What a check-in gives, also on a day that nobody made a table for."""
    try:
        return check_in()
    except IntegrityError as error:
        if not missing_day(error):
            raise
        session = db.session()
        session.rollback()
        service.open_day(session, clock.to_local(now).date())
        # Committed by itself: others wait for the new table until then.
        session.commit()
        return check_in()


def _check_in(door: Door, told: Told, form: DeclarationForm | None) -> ResponseReturnValue:
    now, vault = clock.now(), context.vault()
    secret = vault.session_secret
    try:
        submission_id = tokens.read_submission(secret, request.form.get("submission", ""), door.code, now)
    except StaleForm:
        notice = gettext("Trang này mở đã lâu. Những gì bạn ghi vẫn còn: xem lại rồi gửi một lần nữa.")
        if form is None:
            form = _form()
            form.fill_from(told.who)
        return _render_form(door, form, status=422, notice=notice)
    known_secret = device.secret()
    own_secret = known_secret or tokens.device_secret(secret, submission_id)
    rules = context.rules(clock.to_local(now).date())
    done = _with_day(
        now,
        lambda: service.check_in(
            db.session(),
            vault,
            now=now,
            rules=rules,
            door=door,
            told=told,
            submission_id=submission_id,
            device=vault.device(own_secret),
            seen_before=known_secret is not None,
        ),
    )
    help_needed = needs_help(judge(told, rules).level)
    # Asked for before the commit: the page must not begin another writing transaction.
    station = places.commune(db.session(), told.who.commune_id) if help_needed else None
    db.session.commit()
    CHECK_INS.labels(done.outcome).inc()
    response = make_response(
        render_template(
            "visits/result.html",
            **_page(door),
            help_needed=help_needed,
            health=door.kind == HEALTH,
            name=told.who.full_name,
            done=done,
            station=station if station and station.parent_id == context.config().province else None,
            doubts=told.who.doubts(),
            token=tokens.visit_token(secret, VisitToken(done.visit_id, done.entered_at)),
        )
    )
    device.remember(response, own_secret, device.Remembered(told.who, clock.to_local(now).date(), told.all_no))
    return response
