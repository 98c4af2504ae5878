"""Tokens of other programs: made, listed and revoked by whoever administers."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.api import queries, service
from checkin.api.forms import SCOPE_NAMES, STATE_NAMES, TokenForm
from checkin.api.models import ApiToken
from checkin.db import db

bp = Blueprint("api_tokens", __name__, url_prefix="/accounts/api-tokens")


@bp.route("/", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = TokenForm()
    made: ApiToken | None = None
    secret: str | None = None
    if form.validate_on_submit():
        made, secret = _made(form)
        form = TokenForm(formdata=None)
    return render_template(
        "api/tokens.html",
        form=form,
        made=made,
        # On this answer and never again: only its hash is kept.
        secret=secret,
        tokens=queries.newest(db.session()),
        scope_names=SCOPE_NAMES,
        state_names=STATE_NAMES,
    ), 422 if form.errors else 200


@bp.post("/<uuid:token_id>/revoke")
def revoke(token_id: UUID) -> ResponseReturnValue:
    service.revoke(db.session(), now=clock.now(), actor=current_user.actor, token_id=token_id)
    db.session.commit()
    flash(gettext("Đã thu hồi mã API. Nó không mở được gì nữa."), "ok")
    return redirect(url_for(".index"), 303)


def _made(form: TokenForm) -> tuple[ApiToken, str]:
    made = service.create(
        db.session(),
        now=clock.now(),
        actor=current_user.actor,
        name=form.name.data or "",
        scopes=form.scopes.data or [],
        days=form.days.data or 0,
    )
    db.session.commit()
    return made
