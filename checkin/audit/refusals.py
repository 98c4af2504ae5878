"""Refused attempts of signed-in accounts: a page of another role, somebody else's object, a lookup without a purpose.

Strangers are not logged here: what anybody can do without an account must not grow the log.
"""

import structlog
from flask import Flask, Response, g, request
from flask_login import current_user

from checkin import clock
from checkin.audit import service
from checkin.audit.counting import times_if_due
from checkin.db import begin_writing, db
from checkin.errors import frames

log = structlog.get_logger()

ROLE, OBJECT, PURPOSE = "role", "object", "purpose"
_BY_STATUS = {403: ROLE, 404: OBJECT}


def mark(why: str) -> None:
    """Say that this request is refused for a reason that its status does not tell."""
    g.audit_refused = why


def init_app(app: Flask) -> None:
    """Log refused attempts once the answer is made."""

    @app.after_request
    def _note(response: Response) -> Response:
        why = g.get("audit_refused") or _BY_STATUS.get(response.status_code)
        if why and request.url_rule is not None and _guarded(app) and current_user.is_authenticated:
            try:
                _record(why, str(request.url_rule), response.status_code)
            except Exception as error:
                # It is refused all the same; the reason stands in the log of the process.
                db.session.rollback()
                log.error("refusal not logged", kind=type(error).__name__, trace=frames(error))
        return response


def _guarded(app: Flask) -> bool:
    feature = app.extensions["checkin_mounts"].get(request.blueprint)
    return feature is not None and feature.access != "anyone"


def _record(why: str, route: str, status: int) -> None:
    actor, now = current_user.actor, clock.now()
    times = times_if_due(f"refused/{actor.id}/{request.endpoint}", now)
    if not times:
        return
    session = begin_writing()
    detail = {"why": why, "method": request.method, "status": status} | ({"times": times} if times > 1 else {})
    service.record(session, now=now, actor=actor, action="refused", subject=route, detail=detail)
    session.commit()
