from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user, login_user, logout_user

from checkin import clock, context
from checkin.accounts import service
from checkin.accounts.access import safe_next
from checkin.accounts.forms import SignInForm
from checkin.accounts.models import OWNER, STAFF
from checkin.db import db
from checkin.web import limiter

bp = Blueprint("accounts", __name__)
own = Blueprint("own", __name__)

LANDINGS = {
    "owner": "venues.index",
    "commune": "reports.overview",
    "cdc": "exposure.index",
    "command": "reports.overview",
    "admin": "accounts_admin.index",
}


def landing(role: str) -> str:
    """Address of the first page of a role."""
    return url_for(LANDINGS[role])


def roles_here() -> set[str]:
    """Roles that may sign in to this tier."""
    tier = context.config().tier
    return {OWNER} if tier == "public" else set(STAFF) if tier == "staff" else {OWNER, *STAFF}


@bp.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def sign_in() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(landing(current_user.role))
    form = SignInForm()
    if session.pop("lost_form", None):
        flash(gettext("Phiên làm việc đã hết. Đăng nhập lại rồi làm tiếp."), "warn")
    if form.validate_on_submit():
        account = service.sign_in(
            db.session(),
            context.vault(),
            now=clock.now(),
            login=form.login.data or "",
            password=form.password.data or "",
            roles=roles_here(),
        )
        db.session.commit()
        if account is not None:
            session.clear()
            session.permanent = True
            login_user(account)
            return redirect(safe_next(request.args.get("next")) or landing(account.role))
        form.password.errors = [gettext("Tên đăng nhập hoặc mật khẩu không đúng.")]
    status = 200 if not form.errors else 422
    return render_template("accounts/sign_in.html", form=form, demo=_demo_accounts_shown()), status


def _demo_accounts_shown() -> bool:
    # A hint for those who try the demo on their own computer; elsewhere it would help strangers only.
    config = context.config()
    return config.trial and (config.instance / "demo-accounts.tsv").exists() and not current_app.testing


@own.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    service.sign_out(db.session(), now=clock.now(), account=current_user._get_current_object())
    db.session.commit()
    logout_user()
    session.clear()
    flash(gettext("Đã đăng xuất khỏi mọi máy."), "ok")
    return redirect(url_for("accounts.sign_in"))
