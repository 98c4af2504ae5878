"""What a phone keeps to open the form without network, and the declarations it sends once there is one."""

import json
from dataclasses import replace

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context, errors, serviceworker
from checkin.db import db
from checkin.declarations.told import Told
from checkin.i18n import lang_arg
from checkin.places import queries as places
from checkin.venues import queries as venues
from checkin.venues.codes import normalise
from checkin.venues.queries import Door
from checkin.visits import answering, device, doors, later, sheet
from checkin.visits.arriving import BY_NETWORK, arrived
from checkin.visits.forms import LaterForm
from checkin.visits.keptwords import words
from checkin.visits.later import Later
from checkin.visits.sheet import Sheet
from checkin.web import CSP, csrf, limiter

bp = Blueprint("visits_offline", __name__)

# The doors' own pages, and nothing of owners, counters or staff.
SCOPE = "/v/"
# The worker brings all that it keeps, so what it opens without network is of one version.
ONE_DAY = 24 * 3600
PAGE_SCRIPTS = ("kept-store.js", "kept-form.js", "visitor-names.js", "visitor-send.js", "visitor.js")
WORKER_SCRIPTS = ("kept-store.js", "visitor-send.js", "worker-pages.js", "visitor-worker.js")
# Which declaration an answer is about: a page that somebody else on the way made up does not say it.
ABOUT = "X-Kept"


@bp.get("/visitor-worker.js")
@limiter.limit("6000 per 10 minutes")
def worker() -> Response:
    """The service worker of the visitor's pages, with the form in the language of the page that asks for it."""
    kept = {
        "form": _form_page(None, sheet.blank()),
        "headers": {
            "Content-Type": "text/html; charset=utf-8",
            "Content-Security-Policy": CSP,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        },
        "address": url_for(".script"),
        "script": _page_script(),
    }
    text = f"var KEPT = {_literal(kept)};\n{serviceworker.joined(*WORKER_SCRIPTS)}"
    return serviceworker.script(text, scope=SCOPE, seconds=ONE_DAY)


@bp.get("/visitor.js")
@limiter.limit("6000 per 10 minutes")
def script() -> Response:
    """What shows on the visitor's pages what the phone keeps; the worker has it by itself."""
    return serviceworker.script(_page_script())


@bp.post("/v/<code>/later")
@csrf.exempt
@limiter.limit(BY_NETWORK)
def declare(code: str) -> ResponseReturnValue:
    """Take a declaration that a phone kept; the answer is the result, the form with errors, or why it is too late."""
    form = LaterForm()
    # Nobody has pressed "send" who asked for the page in another language.
    valid = form.validate() and "show_in" not in request.form
    response = make_response(_declare(code, form) if valid else errors.page(400))
    # Also where it is refused: else the phone takes it that no server answered, and sends it for ever.
    if not form.submission.errors:
        response.headers[ABOUT] = form.submission.data
    return response


def _declare(code: str, form: LaterForm) -> ResponseReturnValue:
    try:
        kept = later.read(
            secrets=context.vault().session_ring,
            code=normalise(code[:100]),
            submission=form.submission.data,
            at=form.moment,
            age=form.ago,
            now=clock.now(),
        )
    except later.TooLate:
        hours = int(later.OLDEST.total_seconds() // 3600)
        page = render_template("visits/no_visit.html", reason="too_late", door=None, typed="", oldest_hours=hours)
        return make_response(page, 410)
    door = _door_then(code, kept)
    if isinstance(door, Response):
        return door
    arrivals = arrived(door)
    if kept.told:
        # They come all at once where a network comes back, so how many come here says nothing.
        arrivals = replace(arrivals, venue=0, told=True)
    if "confirm" in request.form:
        ticked = _ticked()
        if not ticked:
            return _form_page(door, sheet.blank()), 422
        return answering.answer(door, ticked, None, arrivals, kept)
    sent = sheet.read(request.form)
    if not answering.is_whole(sent):
        return _form_page(door, sent), 422
    return answering.answer(door, sent.told(), sent, arrivals, kept)


def _ticked() -> list[Told]:
    """Those for whom one tap was meant, of whom this device still knows that every answer was no; else nobody."""
    known, meant = device.people(), set(request.form.getlist("who"))
    chosen = [one for one in known if one.all_no and (one.key in meant or (not meant and len(known) == 1))]
    return [Told(who=one.who) for one in chosen] if len(chosen) >= len(meant) else []


def _door_then(code: str, kept: Later) -> Door | Response:
    """The door as it was when the declaration was made: who came in before it was shut is not turned away after."""
    door = doors.at(code)
    if isinstance(door, Response) and door.status_code == 410:
        normal = normalise(code[:100])
        closed_at, barred_at = venues.shut_since(db.session(), normal)
        known = venues.known_door(db.session(), normal)
        return known if known and later.was_open(kept, closed_at=closed_at, barred_at=barred_at) else door
    return door


def _form_page(door: Door | None, shown: Sheet) -> str:
    """The form for the time without network: blank, and of whatever door; or with what a door's server found wrong."""
    today = clock.today()
    rules = context.rules(today)
    return render_template(
        "visits/later.html",
        door=door,
        form=shown.first,
        others=shown.others,
        communes=places.communes_of(db.session(), shown.first.home) or (),
        days=rules.declared_days,
        kept_days=rules.retention_days,
        lang_arg=lang_arg(),
    )


def _page_script() -> str:
    return f"var keptWords = {_literal(words())};\n{serviceworker.joined(*PAGE_SCRIPTS)}"


def _literal(value: object) -> str:
    """A value as JavaScript of 2018 reads it."""
    return json.dumps(value, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
