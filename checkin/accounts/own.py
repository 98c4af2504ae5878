"""What everybody does with their own account: sessions, password, second factor."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context
from checkin.accounts import enrolling, factors, queries, service, sessions, tries
from checkin.accounts.access import safe_next
from checkin.accounts.forms import (
    ConfirmForm,
    EnrolForm,
    PasswordForm,
)
from checkin.accounts.models import Account
from checkin.accounts.newpassword import why_not
from checkin.accounts.passwords import hash_password, verify
from checkin.accounts.sessions import Here
from checkin.cookies import cookie_name
from checkin.db import db
from checkin.roles import ROLE_NAMES
from checkin.web import limiter

bp = Blueprint("own", __name__)


def _here() -> Here:
    found = sessions.here()
    if found is None:
        abort(403)
    return found


@bp.get("/account")
def account() -> ResponseReturnValue:
    found = _here()
    return render_template(
        "accounts/account.html",
        here=found,
        account=found.account,
        sessions=queries.sessions(db.session(), found.account, clock.now()),
        codes_left=queries.codes_left(db.session(), found.account.id),
        role_names=ROLE_NAMES,
        required=sessions.must_have_factor(found.account),
    )


@bp.post("/account/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> ResponseReturnValue:
    found = _here()
    if not service.end_session(
        db.session(), now=clock.now(), account=found.account, session_id=session_id, action="session.end"
    ):
        db.session.rollback()
        abort(404)
    db.session.commit()
    if session_id == found.row.id:
        sessions.forget()
        return redirect(url_for("accounts.sign_in"))
    flash(gettext("Đã kết thúc phiên đó."), "ok")
    return redirect(url_for(".account"))


@bp.post("/account/sessions/end-others")
def end_others() -> ResponseReturnValue:
    found = _here()
    service.end_other_sessions(db.session(), now=clock.now(), account=found.account, kept=found.row)
    sessions.renew(found.row)
    db.session.commit()
    flash(gettext("Đã kết thúc mọi phiên khác."), "ok")
    return redirect(url_for(".account"))


@bp.route("/account/password", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def password() -> ResponseReturnValue:
    found, form = _here(), PasswordForm()
    least = service.least(found.account.role)
    form.new_password.description = gettext("Ít nhất %(count)s ký tự. Một câu dài dễ nhớ hơn.", count=least)
    if form.validate_on_submit() and _confirmed(found.account, form):
        chosen, login = form.new_password.data or "", service.login_of(context.vault(), found.account)
        why = why_not(chosen, least, login)
        if why is None:
            # Hashed before anything is written.
            new_hash = hash_password(chosen)
            service.change_password(
                db.session(), now=clock.now(), account=found.account, new_hash=new_hash, kept=found.row
            )
            sessions.renew(found.row)
            db.session.commit()
            flash(gettext("Đã đổi mật khẩu. Mọi phiên khác đã kết thúc."), "ok")
            return redirect(url_for(".account"))
        form.new_password.errors = [why]
    return render_template("accounts/password.html", form=form, account=found.account), 422 if form.errors else 200


@bp.route("/account/second-factor", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def second_factor() -> ResponseReturnValue:
    """Set up, renew or take off the second factor; each wants the password first."""
    found, form = _here(), ConfirmForm()
    account, required = found.account, sessions.must_have_factor(found.account)
    what = request.form.get("do", "app")
    if (
        what not in {"app", "codes", "off"}
        or (what != "app" and account.factor is None)
        or (what == "off" and required)
    ):
        abort(400)
    if form.validate_on_submit() and _confirmed(account, form):
        if what == "app":
            return enrolling.page(account, EnrolForm(formdata=None), first=False)
        if what == "codes":
            return _new_codes(account)
        service.remove_factor(db.session(), now=clock.now(), actor=account.actor, account=account, kept=found.row)
        sessions.renew(found.row)
        db.session.commit()
        flash(gettext("Đã tắt xác thực hai bước."), "ok")
        return redirect(url_for(".account"))
    return render_template(
        "accounts/second_factor.html",
        form=form,
        account=account,
        required=required,
        codes_left=queries.codes_left(db.session(), account.id),
    ), 422 if form.errors else 200


def _new_codes(account: Account) -> ResponseReturnValue:
    codes = factors.new_codes()
    hashes = [factors.code_hash(account.id, one) for one in codes]
    service.replace_codes(db.session(), now=clock.now(), account=account, code_hashes=hashes)
    db.session.commit()
    return enrolling.codes_page(codes, url_for(".account"))


@bp.post("/account/second-factor/enrol")
@limiter.limit("20 per minute")
def enrol() -> ResponseReturnValue:
    found, form = _here(), EnrolForm()
    if form.validate_on_submit():
        codes = enrolling.finish(found, form)
        if codes:
            db.session.commit()
            return enrolling.codes_page(codes, url_for(".account"))
    if not enrolling.is_carried(found.account, form):
        # Without the secret that the password brought forth there is nothing to set up.
        return redirect(url_for(".second_factor"))
    return enrolling.page(found.account, form, first=False), 422


def _confirmed(account: Account, form: ConfirmForm) -> bool:
    """True when the current password fits; failures count as failing sign-ins."""
    key = tries.key(context.vault(), service.login_of(context.vault(), account))
    if tries.refused(key):
        form.current_password.errors = [
            gettext("Sai nhiều lần quá. Thử lại sau %(minutes)s phút.", minutes=tries.MINUTES)
        ]
        return False
    if verify(account.password_hash, form.current_password.data or ""):
        tries.succeeded(key)
        return True
    locked_out = tries.failed(key)
    service.refused(db.session(), now=clock.now(), why="confirm", account=account, locked_out=locked_out)
    db.session.commit()
    form.current_password.errors = [gettext("Mật khẩu hiện tại không đúng.")]
    return False


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    sessions.leave()
    db.session.commit()
    flash(gettext("Đã đăng xuất."), "ok")
    response = redirect(url_for("accounts.sign_in"))
    # Pages of the account that the browser still holds. Not its cookies: that would take those of the whole domain.
    # Nor what a device at the counter has not sent yet: an owner may sign in there as well.
    at_counter = cookie_name("desk", secure=context.config().secure) in request.cookies
    response.headers["Clear-Site-Data"] = '"cache"' if at_counter else '"cache", "storage"'
    return response


@bp.post("/lock")
def lock() -> ResponseReturnValue:
    """Lock this session now: by the button, or by the page's script after a quarter of an hour without a key."""
    found = _here()
    service.lock(db.session(), now=clock.now(), session_id=found.row.id)
    db.session.commit()
    if request.form.get("in_place") == "1":
        return "", 204
    return redirect(url_for("accounts.unlock", next=safe_next(request.form.get("next"))))


@bp.get("/still-here")
def still_here() -> ResponseReturnValue:
    """Asked by the page's script while somebody types: that is use, though nothing is sent."""
    return "", 204
