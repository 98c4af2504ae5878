"""How a device gets to a venue: over the link in the owner's QR code, or over the code typed by hand."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context
from checkin.db import db
from checkin.desk import access, service
from checkin.desk.forms import CodeForm, JoinForm
from checkin.desk.kinds import device_kind
from checkin.errors import DomainError
from checkin.web import limiter

bp = Blueprint("desk_joining", __name__, url_prefix="/desk/link")
CODE = "desk_code_typed"


@bp.get("/<token>")
def take(token: str) -> ResponseReturnValue:
    """Take the code out of the address at once: no page of ours is shown under it."""
    session[CODE] = token[:40]
    response = redirect(url_for(".confirm"))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@bp.route("/", methods=["GET", "POST"])
@limiter.limit("30 per minute", methods=["POST"])
def code() -> ResponseReturnValue:
    form = CodeForm()
    if form.validate_on_submit():
        if service.of_code(db.session(), context.vault(), now=clock.now(), code=form.code.data or ""):
            session[CODE] = form.code.data
            return redirect(url_for(".confirm"))
        form.code.errors = [gettext("Mã không đúng, đã dùng rồi hoặc đã hết hạn. Hỏi chủ cơ sở mã khác.")]
    return render_template("desk/join.html", form=form, unknown=False), 422 if form.errors else 200


@bp.route("/confirm", methods=["GET", "POST"])
@limiter.limit("30 per minute", methods=["POST"])
def confirm() -> ResponseReturnValue:
    typed = str(session.get(CODE, ""))
    found = service.of_code(db.session(), context.vault(), now=clock.now(), code=typed) if typed else None
    if found is None:
        return _gone()
    form = JoinForm()
    if form.validate_on_submit():
        try:
            kind = device_kind(request.headers.get("User-Agent", ""))
            secret = service.join(db.session(), context.vault(), now=clock.now(), code=typed, device_kind=kind)
            db.session.commit()
        except DomainError:
            db.session.rollback()
            return _gone()
        session.pop(CODE, None)
        response = redirect(url_for("desk.show"))
        access.remember(response, secret)
        return response
    return render_template("desk/confirm.html", form=form, stand=found, link=found.link, venue=found.venue)


def _gone() -> ResponseReturnValue:
    session.pop(CODE, None)
    form = CodeForm(formdata=None)
    form.code.errors = [gettext("Mã không đúng, đã dùng rồi hoặc đã hết hạn. Hỏi chủ cơ sở mã khác.")]
    return render_template("desk/join.html", form=form, unknown=False), 410
