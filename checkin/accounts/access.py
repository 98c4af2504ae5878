"""Access, denied by default: a request goes on only where its blueprint was mounted for its account."""

from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from checkin import context
from checkin.accounts import queries
from checkin.accounts.models import OWNER, STAFF, Account
from checkin.db import db, set_scope

if TYPE_CHECKING:
    from checkin.features import Feature

login_manager = LoginManager()


def init_app(app: Flask) -> None:
    # Its context processor would ask the database on every page, the one that says it is down among them.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current_user"] = current_user
    app.extensions["checkin_mounts"] = {}

    @login_manager.user_loader
    def _load(session_id: str) -> Account | None:
        account = queries.by_session_id(db.session(), session_id)
        # Of the application that runs, not of the one made last.
        tier = context.config().tier
        # A session of the other tier is nobody's here.
        if account and ((tier == "public" and account.role != OWNER) or (tier == "staff" and account.role == OWNER)):
            return None
        return account

    @app.before_request
    def _check() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint == "static":
            return None  # no such page: the 404 follows
        feature = app.extensions["checkin_mounts"].get(request.blueprint)
        if feature is None:
            abort(403)
        if feature.access == "anyone":
            return None
        if not current_user.is_authenticated:
            if request.method != "GET":
                session["lost_form"] = True
            return redirect(
                url_for("accounts.sign_in", next=_local(request.full_path) if request.method == "GET" else None)
            )
        if feature.access != "signed in" and current_user.role not in feature.access:
            abort(403)
        if current_user.role == OWNER:
            set_scope(db.session(), owner=current_user.id)
        return None

    app.jinja_env.globals["is_staff"] = lambda: current_user.is_authenticated and current_user.role in STAFF


def mount(app: Flask, feature: "Feature", tier: str) -> None:
    """Register a feature's blueprint where the tier has it, and remember who may open it."""
    if tier != "all" and tier not in feature.tiers:
        return
    module, name = feature.blueprint.split(":")
    blueprint: Blueprint = getattr(import_module(module), name)
    app.register_blueprint(blueprint)
    app.extensions["checkin_mounts"][blueprint.name] = feature


def _local(path: str) -> str:
    return path.rstrip("?")


def safe_next(target: str | None) -> str | None:
    """A path of this site to go on to; None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and "\n" not in target else None
