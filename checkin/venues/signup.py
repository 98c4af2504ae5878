"""How an owner gets an account: one short page, then straight on to the venue."""

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, login_user

from checkin import clock, context
from checkin.accounts import service as accounts
from checkin.accounts.models import OWNER
from checkin.db import db
from checkin.errors import DomainError
from checkin.venues.forms import SignUpForm
from checkin.web import limiter

bp = Blueprint("signup", __name__)


@bp.route("/sign-up", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def sign_up() -> ResponseReturnValue:
    if current_user.is_authenticated and current_user.role == OWNER:
        return redirect(url_for("venues.new"))
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            account = accounts.create(
                db.session(),
                context.vault(),
                now=clock.now(),
                actor=None,
                login=form.login.data or "",
                password=form.password.data or "",
                role=OWNER,
            )
        except DomainError:
            db.session.rollback()
            form.login.errors = [gettext("Đã có tài khoản với số hoặc email này. Hãy đăng nhập.")]
        else:
            db.session.commit()
            session.clear()
            session.permanent = True
            login_user(account)
            return redirect(url_for("venues.new"))
    return render_template("venues/sign_up.html", form=form), 422 if form.errors else 200
