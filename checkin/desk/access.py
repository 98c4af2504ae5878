"""Who may open the desk's page: a device that its venue's owner joined and has not ended since."""

from typing import cast

from flask import g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from checkin import context
from checkin.accounts.access import door
from checkin.db import db, set_scope
from checkin.desk import queries, service
from checkin.desk.forms import CodeForm
from checkin.desk.queries import Stand

KEPT_SECONDS = 400 * 86400  # the longest that browsers keep a cookie


@door("desk")
def admit() -> ResponseReturnValue | None:
    """None for a joined device, whose scope is set from here on; else the page that says what to do."""
    secret_hash = service.hash_of(context.vault(), secret()) if secret() else b""
    set_scope(db.session(), desk=secret_hash)
    found = queries.by_secret(db.session(), secret_hash) if secret_hash else None
    if found is None:
        return make_response(render_template("desk/join.html", form=CodeForm(), unknown=True), 403)
    if found.link.revoked_at is not None:
        return make_response(render_template("desk/revoked.html", link=found.link, venue=found.venue), 403)
    g.desk = found
    return None


def secret() -> str:
    """The secret that the device shows; empty without one or with a malformed one."""
    value = request.cookies.get(_name(), "")
    return value if len(value) == 64 and set(value) <= set("0123456789abcdef") else ""


def here() -> Stand:
    """The device that asks, and where it stands."""
    return cast(Stand, g.desk)


def remember(response: Response, secret: str) -> None:
    """Give the device its secret."""
    response.set_cookie(
        _name(),
        secret,
        max_age=KEPT_SECONDS,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=context.config().secure,
    )


def _name() -> str:
    return "__Host-desk" if context.config().secure else "desk"
