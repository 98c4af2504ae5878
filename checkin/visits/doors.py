"""What a code at a door leads to: the door, or the page that says why nothing is declared with it."""

from flask import Response, make_response, render_template

from checkin.db import db
from checkin.venues import guesses
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise
from checkin.venues.queries import Door
from checkin.zones import queries as zones


def at(code: str) -> Door | Response:
    """What the code stands for, or the page that says why nothing can be declared with it."""
    normal = normalise(code[:100])
    verdict = diagnose(code[:100])
    door = venues.known_door(db.session(), normal) if verdict == "ok" else None
    if door is None:
        reason = "mistyped" if verdict == "mistyped" else "unknown" if verdict == "ok" else "not_a_code"
        guesses.tried(db.session(), reason)
        return _no_visit(404, reason, None, code[:40])
    if door.revoked:
        retired = door.zone_id is not None and not zones.is_used(db.session(), door.zone_id)
        return _no_visit(410, "retired" if retired else "revoked", door, "")
    return door if door.open else _no_visit(410, door.state, door, "")


def _no_visit(status: int, reason: str, door: Door | None, typed: str) -> Response:
    return make_response(render_template("visits/no_visit.html", reason=reason, door=door, typed=typed), status)
