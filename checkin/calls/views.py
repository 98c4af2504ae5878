"""The declaration without a venue: ill, entering or leaving the province, coming home."""

from dataclasses import dataclass, replace
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from checkin import clock, context
from checkin.calls import service
from checkin.calls.forms import WISHES, OutsideForm
from checkin.calls.journeys import bounds
from checkin.db import db
from checkin.i18n import lang_arg
from checkin.metrics import DECLARED
from checkin.places import queries as places
from checkin.visits import device, sheet, tokens
from checkin.visits.arriving import BY_NETWORK
from checkin.visits.cardfill import PHOTO_BODY, PHOTOS, fill, fill_with, in_photo
from checkin.visits.newday import with_day
from checkin.visits.sheet import Sheet
from checkin.visits.tokens import StaleForm
from checkin.web import LARGER_BODIES, csrf, limiter, with_camera


@dataclass(frozen=True)
class Shown:
    """What the answer says of one person."""

    name: str
    reference: str
    doubts: tuple[str, ...]


bp = Blueprint("calls", __name__, url_prefix="/declare")

LARGER_BODIES["calls.card"] = PHOTO_BODY


@bp.get("")
@limiter.limit("6000 per 10 minutes")
def choose() -> ResponseReturnValue:
    """What somebody wants to declare."""
    return render_template("calls/choose.html", wishes=WISHES, lang_arg=lang_arg())


@bp.get("/<any(ill, enter, leave, return):kind>")
@limiter.limit("6000 per 10 minutes")
def form(kind: str) -> ResponseReturnValue:
    blank, known = _form(kind), device.remembered()
    again = known is not None and "new" not in request.args
    if known and again:
        blank.fill_from(known.who)
        blank.at_home(_communes())
        blank.commune_other.data = ""
    return _page(Sheet(blank, []), blank, known=again)


@bp.post("/<any(ill, enter, leave, return):kind>")
@csrf.exempt
@limiter.limit(BY_NETWORK)
def declare(kind: str) -> ResponseReturnValue:
    """Take a declaration; the answer is the result itself, so that no cookie is needed."""
    sent, everybody = _sent(kind)
    if request.form.keys() & {"more", "drop"}:
        return _more_or_fewer(everybody, sent)
    if request.form.get("show_in") == "typed":
        sent.at_home(_communes())
        return _page(everybody, sent, fresh=False)
    # Enter in any field presses this button, the first of the form: without a card the whole form is meant.
    if sent.card.data:
        read = fill(sent, sent.today, sent.home)
        sent.at_home(_communes())
        if "fill" in request.form:
            return _filled(everybody, sent) if read else _page(everybody, sent, status=422, fresh=False)
    sent.at_home(_communes())
    for one in everybody.others:
        one.stay_with_first()
    everybody.resolve()
    if not everybody.validate(context.vault()):
        return _page(everybody, sent, status=422, fresh=False)
    if "show_in" in request.form:
        return _page(everybody, sent, fresh=False)
    return _store(everybody, sent)


@bp.get("/<any(ill, enter, leave, return):kind>/card")
def to_form(kind: str) -> ResponseReturnValue:
    """Whoever comes back to the address of a page that a card filled in gets the form."""
    return redirect(url_for(".form", kind=kind, **lang_arg()))


@bp.post("/<any(ill, enter, leave, return):kind>/card")
@csrf.exempt
@limiter.limit(PHOTOS)
def card(kind: str) -> ResponseReturnValue:
    """The form again, filled in from a photo; or, with `scan`, with the camera on it. What was typed stays."""
    # A page of this address may be asked for in another language: it goes back to the form with what was typed.
    scanning, plain = "scan" in request.form, "show_in" in request.form
    found = "" if scanning or plain else in_photo(request.files.get("photo"), clock.today())
    sent, everybody = _sent(kind)
    read = not (scanning or plain) and fill_with(sent, found, sent.home)
    sent.at_home(_communes())
    if plain:
        return _page(everybody, sent, fresh=False)
    if scanning:
        return with_camera(make_response(_page(everybody, sent, fresh=False, scanning=True)))
    return _filled(everybody, sent) if read else _page(everybody, sent, status=422, fresh=False)


def _sent(kind: str) -> tuple[OutsideForm, Sheet]:
    sent = _form(kind, request.form)
    # Who feels ill speaks for one; a journey is made by several.
    return sent, sheet.read(request.form, sent) if sent.journey_told else Sheet(sent, [])


def _filled(everybody: Sheet, sent: OutsideForm) -> ResponseReturnValue:
    # Read once: what the visitor now corrects or takes out must not come back from the card.
    sent.card.data = ""
    notice = gettext("Đã điền từ thẻ. Xem lại rồi ghi các mục còn trống.")
    return _page(everybody, sent, fresh=False, notice=notice, filled=True)


def _more_or_fewer(everybody: Sheet, sent: OutsideForm) -> ResponseReturnValue:
    """The page again, with room for one person more or without one; what was typed stays."""
    sent.at_home(_communes())
    if "drop" in request.form:
        everybody.drop(request.form["drop"])
    elif sent.journey_told:
        everybody.add()
    return _page(everybody, sent, fresh=False)


def _store(everybody: Sheet, sent: OutsideForm) -> ResponseReturnValue:
    now, vault, told = clock.now(), context.vault(), everybody.told()
    own, journey = told[0], sent.journey()
    # What is asked of the first alone is nothing that the others told.
    along = replace(journey, contacts=(), doses="")
    try:
        submission_id = _submission(sent.kind)
    except StaleForm:
        notice = gettext("Trang này mở đã lâu. Những gì bạn ghi vẫn còn: xem lại rồi gửi một lần nữa.")
        return _page(everybody, sent, status=422, notice=notice)
    own_secret = device.secret() or tokens.device_secret(vault.session_secret, submission_id)
    rules = context.rules(clock.to_local(now).date())
    receipts = with_day(
        now,
        lambda: service.declare_together(
            db.session(),
            vault,
            now=now,
            rules=rules,
            told=[(one, along if place else journey) for place, one in enumerate(told)],
            submission_id=submission_id,
            device=vault.device(own_secret),
        ),
    )
    # Asked for before the commit: the page must not begin another writing transaction.
    station = places.commune(db.session(), own.who.commune_id)
    db.session.commit()
    if not receipts[0].again:
        DECLARED.labels(sent.kind).inc(len(receipts))
    response = make_response(
        render_template(
            "calls/sent.html",
            people=[
                Shown(one.who.full_name, receipt.reference, one.who.doubts())
                for one, receipt in zip(told, receipts, strict=True)
            ],
            made_at=receipts[0].made_at,
            kind=sent.kind,
            station=station,
            lang_arg=lang_arg(),
        )
    )
    device.remember(response, own_secret, device.Remembered(own.who, clock.to_local(now).date(), own.all_no))
    return response


def _submission(kind: str) -> UUID:
    # No code of a venue has a space in it: a form of here is none of there.
    return tokens.read_submission(
        context.vault().session_ring, request.form.get("submission", ""), f"declare {kind}", clock.now()
    )


def _form(kind: str, values: MultiDict[str, str] | None = None) -> OutsideForm:
    sent = OutsideForm(kind, values, today=clock.today(), home=context.config().province)
    sent.province.choices = [(place.id, place.name) for place in places.provinces(db.session()) or ()]
    return sent


def _communes() -> tuple[places.Unit, ...]:
    return places.communes_of(db.session(), context.config().province) or ()


def _page(
    everybody: Sheet,
    sent: OutsideForm,
    *,
    status: int = 200,
    fresh: bool = True,
    notice: str = "",
    filled: bool = False,
    known: bool = False,
    scanning: bool = False,
) -> ResponseReturnValue:
    """The form's page. A form that goes back with errors keeps its submission, so that a retry is the same one."""
    token = request.form.get("submission", "")
    try:
        if fresh:
            raise StaleForm
        _submission(sent.kind)
    except StaleForm:
        token = tokens.submission_token(context.vault().session_secret, f"declare {sent.kind}", clock.now())
    rules = context.rules(sent.today)
    first, last = bounds(sent.kind, sent.today)
    return render_template(
        "calls/form.html",
        form=sent,
        others=everybody.others,
        free=everybody.free,
        most=sheet.MOST,
        kind=sent.kind,
        wish=WISHES[sent.kind][0],
        communes=_communes(),
        submission=token,
        notice=notice,
        filled=filled,
        known=known,
        scanning=scanning,
        first=first,
        last=last,
        days=rules.declared_days,
        kept_days=rules.retention_days,
        lang_arg=lang_arg(),
    ), status
