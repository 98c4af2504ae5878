"""Who may call: a program that shows a token which is in use, in the Authorization header and nowhere else."""

from typing import cast

from flask import g, request
from flask.typing import ResponseReturnValue

from checkin import clock, scope, throttle
from checkin.accounts.access import door
from checkin.api import service
from checkin.api.problems import Problem
from checkin.api.service import Bearer
from checkin.audit import service as audit
from checkin.audit.counting import times_if_due
from checkin.db import begin_writing, db, writing
from checkin.scope import CDC, Scope

MINUTE = 60
# Tokens that open nothing, of one network: more are no slip.
WRONG_A_MINUTE = 30


@door("token")
def admit() -> ResponseReturnValue | None:
    """None for a token in use, which reads as the CDC from here on; else it raises what is sent."""
    session, now = db.session(), clock.now()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found, due = service.bearer(session, now=now, token=token.strip()) if kind.lower() == "bearer" else (None, False)
    if found is None:
        if throttle.count("api wrong", throttle.here(), MINUTE) > WRONG_A_MINUTE:
            raise throttle.refuse("api wrong", throttle.here())
        # The same for one that is unknown, expired or revoked: whoever guesses learns nothing.
        more = ', error="invalid_token"' if token else ""
        raise Problem("token", headers={"WWW-Authenticate": f'Bearer realm="checkin"{more}'})
    if due:
        # What was read so far began a transaction that only reads.
        session.rollback()
        with writing():
            service.note_use(session, now=now, token_id=found.id)
            session.commit()
    scope.enter(session, Scope(CDC, found.id))
    g.api_bearer = found
    return None


def here() -> Bearer:
    """The token of this request."""
    return cast(Bearer, g.api_bearer)


def again() -> None:
    """The scope of the token, bound to nothing: after a transaction was given up."""
    scope.enter(db.session(), Scope(CDC, here().id))


def must_have(needed: str) -> None:
    """Raises where the token lacks a scope; that it was tried stands in the log."""
    if needed in here().scopes:
        return
    now = clock.now()
    times = times_if_due(f"refused/{here().id}/{request.endpoint}", now)
    if times:
        session = begin_writing()
        detail = {"why": "role", "method": request.method, "status": 403} | ({"times": times} if times > 1 else {})
        audit.record(
            session, now=now, actor=here().actor, action="refused", subject=str(request.url_rule), detail=detail
        )
        session.commit()
    bearer = f'Bearer realm="checkin", error="insufficient_scope", scope="{needed}"'
    raise Problem("scope", f"It needs {needed}.", headers={"WWW-Authenticate": bearer})


def count(a_minute: int) -> None:
    """Raises where this token called this route too often."""
    key = f"{here().id}/{request.endpoint}"
    if throttle.count("api", key, MINUTE) > a_minute:
        raise throttle.refuse("api", key)
