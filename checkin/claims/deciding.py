"""The station of a commune says whose a venue is, of those who asked for it."""

from functools import partial
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.claims import queries, service
from checkin.claims.forms import RefuseForm
from checkin.claims.letters import decided_letter
from checkin.db import db
from checkin.errors import DomainError
from checkin.phones import display_phone
from checkin.venues import queries as venues
from checkin.venues.kinds import KINDS

bp = Blueprint("claims_waiting", __name__, url_prefix="/claims")


@bp.app_context_processor
def _counts() -> dict[str, object]:
    return {"claims_waiting": lambda: queries.count_waiting(db.session())}


@bp.get("/")
def index() -> ResponseReturnValue:
    return _page({})


@bp.post("/<uuid:claim_id>/confirm")
def confirm(claim_id: UUID) -> ResponseReturnValue:
    _seen(claim_id)
    try:
        service.confirm(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            claim_id=claim_id,
            write=_letter(),
        )
        db.session.commit()
    except DomainError:
        return _late()
    venues.known_door.forget()
    flash(gettext("Đã xác nhận. Chủ cơ sở được báo và in được áp phích."), "ok")
    return redirect(url_for(".index"), 303)


@bp.post("/<uuid:claim_id>/refuse")
def refuse(claim_id: UUID) -> ResponseReturnValue:
    _seen(claim_id)
    form = RefuseForm()
    if queries.one_waiting(db.session(), claim_id) is None:
        return _late()
    if not form.validate_on_submit():
        return _page({claim_id: form}, 422)
    try:
        service.refuse(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            claim_id=claim_id,
            reason=form.reason.data or "",
            write=_letter(),
        )
        db.session.commit()
    except DomainError:
        return _late()
    flash(gettext("Đã từ chối. Người hỏi được báo lý do."), "ok")
    return redirect(url_for(".index"), 303)


def _seen(claim_id: UUID) -> None:
    if not queries.is_seen(db.session(), claim_id):
        abort(404)


def _late() -> ResponseReturnValue:
    db.session.rollback()
    flash(
        gettext("Không làm được: yêu cầu này không còn chờ, hoặc nơi này hay tài khoản của người hỏi đã đóng."), "warn"
    )
    return redirect(url_for(".index"), 303)


def _letter() -> service.Write:
    return partial(decided_letter, cdc_name=context.config().cdc_name)


def _page(forms: dict[UUID, RefuseForm], status: int = 200) -> ResponseReturnValue:
    lines, vault = queries.waiting(db.session()), context.vault()
    several = {line.venue.id for line in lines if sum(one.venue.id == line.venue.id for one in lines) > 1}
    shown = []
    for line in lines:
        asker, contact = service.asker_of(vault, line.claim), service.contact_of(vault, line.venue)
        login = asker.get("login", "")
        shown.append(
            {
                "line": line,
                "asker": asker,
                "login": display_phone(login) if login.startswith("+") else login,
                "phone": display_phone(contact) if contact else "",
                "same_phone": bool(contact) and contact == login,
                "several": line.venue.id in several,
                "form": forms.get(line.claim.id) or RefuseForm(formdata=None),
            }
        )
    return render_template("claims/waiting.html", lines=shown, kinds=KINDS), status
