"""Pages of the administrator: accounts of staff. No personal data of visitors here."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.accounts import queries, service
from checkin.accounts.forms import PASSWORD_ERRORS, ROLE_NAMES, NewAccountForm
from checkin.accounts.models import STAFF, Account
from checkin.db import db
from checkin.errors import DomainError
from checkin.places import queries as places

bp = Blueprint("accounts_admin", __name__, url_prefix="/accounts")


@bp.route("/", methods=["GET", "POST"])
def index() -> ResponseReturnValue:
    form = NewAccountForm()
    communes = places.communes_of(db.session(), context.config().province) or ()
    form.commune.choices = [("", "–"), *((place.id, place.full_name) for place in communes)]
    if form.validate_on_submit() and _create(form):
        return redirect(url_for(".index"))
    return render_template(
        "accounts/admin.html",
        form=form,
        accounts=queries.staff(db.session()),
        owners=queries.owner_count(db.session()),
        role_names=ROLE_NAMES,
        communes={place.id: place.full_name for place in communes},
    ), 422 if form.errors else 200


def _create(form: NewAccountForm) -> bool:
    try:
        service.create(
            db.session(),
            context.vault(),
            now=clock.now(),
            actor=current_user.actor,
            login=form.login.data or "",
            password=form.password.data or "",
            role=form.role.data,
            commune_id=form.commune.data or None,
        )
        db.session.commit()
    except DomainError as error:
        db.session.rollback()
        if error.reason in PASSWORD_ERRORS:
            form.password.errors = [str(PASSWORD_ERRORS[error.reason])]
        elif error.reason == "commune":
            form.commune.errors = [gettext("Trạm y tế cần đúng một xã, phường; vai trò khác thì để trống.")]
        else:
            form.login.errors = [gettext("Tên đăng nhập đã có người dùng hoặc quá ngắn.")]
        return False
    flash(gettext("Đã tạo tài khoản."), "ok")
    return True


@bp.post("/<uuid:account_id>/<any(block,unblock):what>")
def set_active(account_id: UUID, what: str) -> ResponseReturnValue:
    account = db.session.get(Account, account_id)
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
