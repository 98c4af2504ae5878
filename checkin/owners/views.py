"""Pages by which owners confirm how they are reached, and come back in without their password."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.accounts.logins import mask
from checkin.accounts.models import Account
from checkin.accounts.service import login_of
from checkin.db import db
from checkin.errors import DomainError
from checkin.owners import service
from checkin.owners.asking import CONFIRMING, letter_of, reaches, send_code, share_of
from checkin.owners.forms import CodeForm, ForgottenForm, ResetForm
from checkin.owners.models import RESET
from checkin.web import limiter

bp = Blueprint("owners", __name__)
own = Blueprint("contact", __name__, url_prefix="/contact")

RESETTING = "reset_code"


@bp.route("/forgotten", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def forgotten() -> ResponseReturnValue:
    form = ForgottenForm()
    if form.validate_on_submit():
        contact = form.login.data or ""
        known, enough = share_of(contact)
        code_id = service.ask_reset(
            db.session(),
            context.vault(),
            now=clock.now(),
            contact=contact,
            write=letter_of(RESET),
            known=known,
            enough=enough,
        )
        db.session.commit()
        session[RESETTING] = str(code_id)
        return redirect(url_for(".new_password"))
    return render_template("owners/forgotten.html", form=form), 422 if form.errors else 200


@bp.route("/forgotten/code", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def new_password() -> ResponseReturnValue:
    code_id = _waited_for(RESETTING)
    if code_id is None:
        return redirect(url_for(".forgotten"))
    form = ResetForm()
    if form.validate_on_submit():
        done = service.reset(
            db.session(),
            context.vault(),
            now=clock.now(),
            code_id=code_id,
            code=form.digits,
            password=form.password.data or "",
        )
        db.session.commit()
        if done:
            session.clear()
            flash(gettext("Đã đổi mật khẩu; mọi máy khác đã bị đăng xuất. Đăng nhập bằng mật khẩu mới."), "ok")
            return redirect(url_for("accounts.sign_in"))
        form.code.errors = [_wrong()]
    return render_template("owners/new_password.html", form=form), 422 if form.errors else 200


@own.route("/", methods=["GET", "POST"])
@limiter.limit("60 per hour", methods=["POST"])
def confirm() -> ResponseReturnValue:
    account: Account = current_user._get_current_object()
    form, code_id = CodeForm(), _waited_for(CONFIRMING)
    if account.contact_confirmed_at is None and form.validate_on_submit():
        done = code_id is not None and service.confirm(
            db.session(), context.vault(), now=clock.now(), account=account, code_id=code_id, code=form.digits
        )
        db.session.commit()
        if done:
            session.pop(CONFIRMING, None)
            flash(gettext("Đã xác nhận. Khi quên mật khẩu, mã sẽ gửi tới đây."), "ok")
            return redirect(url_for("venues.index"))
        form.code.errors = [_wrong()]
    contact = login_of(context.vault(), account)
    return render_template(
        "owners/contact.html",
        form=form,
        contact=mask(contact),
        mail="@" in contact,
        waiting=code_id is not None,
        account=account,
        set_up=reaches(account),
    ), 422 if form.errors else 200


@own.post("/send")
@limiter.limit("20 per hour")
def send() -> ResponseReturnValue:
    account: Account = current_user._get_current_object()
    if account.contact_confirmed_at is None:
        try:
            session[CONFIRMING] = send_code(db.session(), account)
            db.session.commit()
        except DomainError:
            db.session.rollback()
            flash(gettext("Đã gửi nhiều mã rồi. Xin đợi một giờ."), "warn")
        else:
            flash(gettext("Đã gửi mã. Có thể mất một phút mới tới."), "ok")
    return redirect(url_for(".confirm"))


def _waited_for(name: str) -> UUID | None:
    try:
        return UUID(session.get(name, ""))
    except (ValueError, AttributeError, TypeError):
        return None


def _wrong() -> str:
    return str(gettext("Mã không đúng hoặc đã hết hạn. Sau 5 lần sai phải xin mã khác."))
