"""The visitor's form by way of a card: from a photo that is sent, or with the camera on the page."""

from flask import Blueprint, Response, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context
from checkin.i18n import lang_arg
from checkin.venues.codes import diagnose
from checkin.visits import doors, page, sheet
from checkin.visits.cardfill import PHOTO_BODY, PHOTOS, fill_with, in_photo
from checkin.web import LARGER_BODIES, csrf, limiter, with_camera

bp = Blueprint("visits_photos", __name__)

LARGER_BODIES["visits_photos.read"] = PHOTO_BODY


@bp.get("/v/<code>/card")
def to_form(code: str) -> ResponseReturnValue:
    """Whoever comes back to the address of a page that a card filled in gets the form."""
    return redirect(url_for("visits.form", code=code[:100], **lang_arg()))


@bp.post("/v/<code>/card")
@csrf.exempt
@limiter.limit(PHOTOS)
def read(code: str) -> ResponseReturnValue:
    """The form again, filled in from a photo; or, with `scan`, with the camera on it. What was typed stays."""
    # What cannot be a code opens no photo. Whether it is one is asked after: no transaction waits for a photo.
    if diagnose(code[:100]) != "ok" and isinstance(refused := doors.at(code), Response):
        return refused
    # A page of this address may be asked for in another language: it goes back to the form with what was typed.
    scanning, plain = "scan" in request.form, "show_in" in request.form
    found = "" if scanning or plain else in_photo(request.files.get("photo"), clock.today())
    door = doors.at(code)
    if isinstance(door, Response):
        return door
    sent = sheet.read(request.form)
    if plain:
        return page.form(door, sent, fresh=False)
    if scanning:
        return with_camera(make_response(page.form(door, sent, fresh=False, scanning=True)))
    if not fill_with(sent.first, found, context.config().province):
        return page.form(door, sent, status=422, fresh=False)
    return page.filled_in(door, sent)
