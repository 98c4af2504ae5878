from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context, errors
from checkin.db import db
from checkin.declarations.told import Told
from checkin.i18n import lang_arg
from checkin.venues import guesses
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise
from checkin.venues.queries import Door
from checkin.visits import answering, corrections, device, doors, page, queries, service, sheet, tokens
from checkin.visits.arriving import BY_NETWORK, arrived
from checkin.visits.cardfill import fill
from checkin.visits.flags import Arrivals
from checkin.visits.remembered import Remembered
from checkin.visits.sheet import Sheet
from checkin.web import csrf, limiter

bp = Blueprint("visits", __name__)


@bp.route("/v/<code>", methods=["GET"])
@limiter.limit("6000 per 10 minutes")
def form(code: str) -> ResponseReturnValue:
    """The declaration of a venue; one confirmation where this device declared with every answer no."""
    door = doors.at(code)
    if isinstance(door, Response):
        return door
    known = device.people()
    if "new" in request.args or not known:
        return page.form(door, sheet.blank())
    one = [one for one in known if one.key == request.args.get("who")]
    if any(one.all_no for one in known) and not one and "change" not in request.args:
        return page.again(door)
    return _known(door, one or [one for one in known if one.together] or known[:1])


@bp.route("/v/<code>", methods=["POST"])
@csrf.exempt
@limiter.limit(BY_NETWORK)
def declare(code: str) -> ResponseReturnValue:
    """Take a declaration and open the visit; the answer is the result itself, so that no cookie is needed."""
    door = doors.at(code)
    if isinstance(door, Response):
        return door
    arrivals = arrived(door)
    if "confirm" in request.form:
        return _confirm(door, arrivals)
    if "change" in request.form:
        return _change(door)
    if "correct" in request.form:
        return _correct(door)
    sent = sheet.read(request.form)
    if request.form.keys() & {"more", "drop"}:
        return _more_or_fewer(door, sent)
    if "show_in" in request.form:
        return _in_another_language(door, sent)
    # Enter in any field presses this button, the first of the form: without a card the whole form is meant.
    if "fill" in request.form and sent.first.card.data:
        return _fill(door, sent)
    if not answering.is_whole(sent):
        return page.form(door, sent, status=422, fresh=False)
    return answering.answer(door, sent.told(), sent, arrivals)


@bp.post("/v/<code>/leave")
@csrf.exempt
@limiter.limit(BY_NETWORK)
def leave(code: str) -> ResponseReturnValue:
    """Record that these visitors left: by the tokens of their visits, which only the own device got."""
    # Also where the code was replaced or the venue closed meanwhile: who is inside must get out.
    door = venues.known_door(db.session(), normalise(code[:100]))
    if door is None:
        guesses.tried(db.session(), "unknown")
        return errors.page(404)
    # One of those who came together, or all.
    everybody = request.form.getlist("token")[: sheet.MOST]
    sent = request.form.getlist("only")[:1] or everybody
    meant = [tokens.read_visit(context.vault().session_ring, token) for token in sent]
    if not meant or None in meant:
        return errors.page(400, expired=True)
    now = clock.now()
    first = [
        service.leave(
            db.session(), now=now, visit_id=token.visit_id, entered_at=token.entered_at, venue_id=door.venue_id
        )
        for token in meant
        if token
    ]
    db.session.commit()
    rest = [token for token in everybody if token not in sent]
    return render_template("visits/left.html", **page.of_door(door), left_at=now if any(first) else None, rest=rest)


@bp.post("/forget-me")
@csrf.exempt
def forget() -> ResponseReturnValue:
    """Take the visitor's details off this device: everything, or one person by the key that this device gave them."""
    if "person" not in request.form:
        response = make_response(render_template("visits/forgotten.html"))
        device.forget(response)
        return response
    code = request.form.get("code", "")[:100]
    back = url_for(".form", code=normalise(code), **lang_arg()) if diagnose(code) == "ok" else url_for("me.show")
    response = make_response(redirect(back, 303))
    device.forget_one(response, request.form["person"])
    return response


@bp.get("/v/")
@bp.get("/code")
def by_hand() -> ResponseReturnValue:
    """A code typed by hand, for those whose camera does not read it."""
    typed = normalise(request.args.get("code", "")[:100])
    if not typed:
        return redirect(url_for("front.home", **lang_arg()))
    return redirect(url_for(".form", code=typed, **lang_arg()))


def _fill(door: Door, sent: Sheet) -> ResponseReturnValue:
    if not fill(sent.first, sent.first.today, context.config().province):
        return page.form(door, sent, status=422, fresh=False)
    return page.filled_in(door, sent)


def _more_or_fewer(door: Door, sent: Sheet) -> ResponseReturnValue:
    """The page again, with room for one person more or without one; what was typed stays."""
    if "drop" in request.form:
        sent.drop(request.form["drop"])
    else:
        sent.add()
    return page.form(door, sent, fresh=False)


def _in_another_language(door: Door, sent: Sheet) -> ResponseReturnValue:
    """The page again in the language of its address; what was typed stays, and what was wrong is said again."""
    if request.form["show_in"] != "checked":
        return page.form(door, sent, fresh=False)
    sent.resolve()
    right = sent.validate(context.vault())
    return page.form(door, sent, status=200 if right else 422, fresh=False)


def _change(door: Door) -> ResponseReturnValue:
    """The form for those who were ticked, or for those of the last time."""
    known = device.people()
    meant = set(request.form.getlist("who"))
    chosen = [one for one in known if one.key in meant] or [one for one in known if one.together] or known[:1]
    return _known(door, chosen)


def _known(door: Door, chosen: list[Remembered]) -> ResponseReturnValue:
    """The form for people of this device. Right after they declared here it is that form once more: whoever goes Back
    or scans again corrects it."""
    last, shown = device.last_form(), sheet.blank([one.who for one in chosen])
    if last and last.code == door.code and _can_be_corrected(last.sent_at) and all(one.together for one in chosen):
        return page.form(door, shown, notice=_correcting(), filled=True, known=True, corrected=last.submission_id)
    return page.form(door, shown, known=bool(chosen))


def _correct(door: Door) -> ResponseReturnValue:
    """The form of a result once more, with the details that the device keeps; it stays the same submission."""
    token, last = request.form.get("submission", ""), device.last_form()
    if not page.is_valid(token, door):
        return page.form(door, sheet.blank(), notice=gettext("Đã quá lâu để sửa. Đây là tờ khai mới."))
    submission_id = tokens.read_submission(context.vault().session_ring, token, door.code, clock.now())
    mine = last is not None and last.submission_id == submission_id
    known = [one.who for one in device.people() if one.together] if mine else []
    sent_at = queries.sent_at(db.session(), submission_id)
    if sent_at is not None and _can_be_corrected(sent_at):
        notice = _correcting()
    else:
        notice = gettext(
            "Đã quá %(minutes)s phút từ lần gửi đầu: đây là tờ khai mới, tờ trước vẫn được giữ.",
            minutes=corrections.MINUTES,
        )
    if not known:
        notice += " " + gettext("Máy này không giữ những gì bạn đã ghi: xin ghi lại.")
    return page.form(door, sheet.blank(known), fresh=False, notice=notice, filled=True)


def _can_be_corrected(sent_at: datetime) -> bool:
    return corrections.is_open(sent_at, clock.now())


def _correcting() -> str:
    return str(gettext("Sửa tờ khai vừa gửi: trả lời lại các câu hỏi rồi gửi."))


def _confirm(door: Door, arrivals: Arrivals) -> ResponseReturnValue:
    """One tap for everybody who is ticked; only of those whose every answer was no the last time."""
    known = device.people()
    if not any(one.all_no for one in known):
        # The cookie was cleared between page and send: the whole form, which loses nothing.
        notice = gettext("Máy này không còn lưu thông tin của bạn. Xin khai lại một lần.")
        return page.form(door, sheet.blank(), status=422, notice=notice)
    meant = set(request.form.getlist("who"))
    if not meant and len(known) > 1:
        return page.again(door, ticked=(), wrong=gettext("Chọn ít nhất một người."), status=422)
    chosen = [one for one in known if one.all_no and (one.key in meant or not meant)]
    if len(chosen) < len(meant):
        notice = gettext("Danh sách trên máy này vừa thay đổi. Xem lại rồi gửi.")
        return page.again(door, ticked=meant, notice=notice, status=422)
    return answering.answer(door, [Told(who=one.who) for one in chosen], None, arrivals)
