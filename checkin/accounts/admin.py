"""Pages of the administrator: accounts of staff. No personal data of visitors here."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.accounts import naming, queries, service
from checkin.accounts.models import STAFF
from checkin.db import db
from checkin.errors import DomainError
from checkin.places import queries as places
from checkin.roles import ROLE_NAMES

bp = Blueprint("accounts_admin", __name__, url_prefix="/accounts")


@bp.get("/")
def index() -> ResponseReturnValue:
    communes = places.communes_of(db.session(), context.config().province) or ()
    return render_template(
        "accounts/admin.html",
        accounts=queries.staff(db.session()),
        owners=queries.owner_count(db.session()),
        logins=naming.logins(db.session()),
        role_names=ROLE_NAMES,
        communes={place.id: place.full_name for place in communes},
    )


@bp.post("/<uuid:account_id>/<any(block,unblock):what>")
def set_active(account_id: UUID, what: str) -> ResponseReturnValue:
    account = queries.by_id(db.session(), account_id)
    if account is None or account.role not in STAFF:
        abort(404)
    try:
        service.set_active(
            db.session(), now=clock.now(), actor=current_user.actor, account=account, active=what == "unblock"
        )
    except DomainError:
        flash(gettext("Không thể tự khoá tài khoản của mình."), "warn")
        return redirect(url_for(".index"))
    db.session.commit()
    flash(gettext("Đã khoá tài khoản.") if what == "block" else gettext("Đã mở khoá tài khoản."), "ok")
    return redirect(url_for(".index"))


@bp.post("/<uuid:account_id>/reset-factor")
def reset_factor(account_id: UUID) -> ResponseReturnValue:
    """For somebody whose phone and codes are gone: at the next sign-in they set up another one."""
    account = queries.by_id(db.session(), account_id)
    if account is None or account.role not in STAFF:
        abort(404)
    try:
        service.remove_factor(db.session(), now=clock.now(), actor=current_user.actor, account=account)
    except DomainError as error:
        db.session.rollback()
        messages = {
            "self": gettext("Không thể tự đặt lại xác thực hai bước của mình ở đây."),
            "none": gettext("Tài khoản này chưa có xác thực hai bước."),
        }
        flash(messages[error.reason], "warn")
        return redirect(url_for(".index"))
    db.session.commit()
    flash(gettext("Đã đặt lại xác thực hai bước. Lần đăng nhập tới, người đó thiết lập lại."), "ok")
    return redirect(url_for(".index"))
