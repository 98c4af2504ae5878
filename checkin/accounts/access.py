"""Access, denied by default: a request goes on only where its blueprint was mounted for its account."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from checkin import scope
from checkin.accounts import locking, sessions
from checkin.accounts.limits import LIMITS
from checkin.accounts.models import OWNER, STAFF, Account
from checkin.accounts.tries import MINUTES
from checkin.audit import refusals
from checkin.db import db

if TYPE_CHECKING:
    from checkin.features import Feature

login_manager = LoginManager()
# Ours are on the server, and bound to no address.
login_manager.session_protection = None

# Kinds of access that need no account, by the feature that knows them: gives None where the request may go on,
# else the answer.
_doors: dict[str, Callable[[], ResponseReturnValue | None]] = {}


def door(kind: str) -> Callable[[Callable[[], ResponseReturnValue | None]], Callable[[], ResponseReturnValue | None]]:
    """Let a feature say who may open what is declared as `kind`."""

    def take(check: Callable[[], ResponseReturnValue | None]) -> Callable[[], ResponseReturnValue | None]:
        _doors[kind] = check
        return check

    return take


def init_app(app: Flask) -> None:
    # Its context processor would ask the database on every page, the one that says it is down among them.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    app.extensions["checkin_mounts"] = {}
    refusals.init_app(app)

    @login_manager.request_loader
    def _load(_request: object) -> Account | None:
        here = sessions.here()
        return here.account if here is not None and here.state == "live" else None

    @app.before_request
    def _check() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint == "static":
            return None  # no such page: the 404 follows
        feature = app.extensions["checkin_mounts"].get(request.blueprint)
        if feature is None:
            abort(403)
        if feature.access == "anyone":
            return None
        if feature.access in {"desk", "token"}:
            check = _doors.get(str(feature.access))
            return check() if check else abort(403)
        here = sessions.here()
        if here is None:
            if request.method != "GET":
                session["lost_form"] = True
            return redirect(
                url_for("accounts.sign_in", next=sessions.local_path() if request.method == "GET" else None)
            )
        if here.state != "live":
            return locking.way_back(here)
        # Before anything is refused: the entry that says so is written on their behalf.
        scope.enter(db.session(), scope.Scope.of_account(here.account))
        if feature.access != "signed in" and here.account.role not in feature.access:
            abort(403)
        sessions.note_use(here)
        return None

    @app.teardown_request
    def _leave(_error: BaseException | None) -> None:
        # A session that outlives the request is nobody's again.
        if db.session.registry.has():
            db.session().info.pop("scope", None)

    app.jinja_env.globals["is_staff"] = lambda: current_user.is_authenticated and current_user.role in STAFF
    app.jinja_env.globals["pause_minutes"] = MINUTES
    app.jinja_env.globals["idle_seconds"] = lambda role: int(LIMITS[role].idle.total_seconds())
    app.jinja_env.globals["account_layout"] = lambda: "layouts/staff.html" if _role() in STAFF else "layouts/owner.html"


def _role() -> str:
    here = sessions.here()
    return here.account.role if here is not None else OWNER


def mount(app: Flask, feature: "Feature", tier: str) -> None:
    """Register a feature's blueprint where the tier has it, and remember who may open it."""
    if tier != "all" and tier not in feature.tiers:
        return
    module, name = feature.blueprint.split(":")
    blueprint: Blueprint = getattr(import_module(module), name)
    app.register_blueprint(blueprint)
    app.extensions["checkin_mounts"][blueprint.name] = feature


def safe_next(target: str | None) -> str | None:
    """A path of this site to go on to; None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    # Browsers take a backslash for a slash, and pass over what cannot be seen.
    if "\\" in target or not target.isprintable():
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None
