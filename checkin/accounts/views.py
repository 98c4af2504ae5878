from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock, context
from checkin.accounts import enrolling, factors, locking, service, sessions, tries
from checkin.accounts.access import safe_next
from checkin.accounts.forms import CodeForm, EnrolForm, SignInForm, UnlockForm
from checkin.accounts.models import OWNER, STAFF, Account
from checkin.accounts.passwords import verify
from checkin.accounts.sessions import Here
from checkin.accounts.signing import Tried, password_step
from checkin.db import db
from checkin.web import limiter

bp = Blueprint("accounts", __name__)

LANDINGS = {
    "owner": "venues.index",
    "commune": "stations.index",
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
        answer = _try(form)
        if answer is not None:
            return answer
    status = 200 if not form.errors else 422
    return render_template("accounts/sign_in.html", form=form, demo=_demo_accounts_shown()), status


def _try(form: SignInForm) -> ResponseReturnValue | None:
    """The way on after the first step; None with an error in the form."""
    vault = context.vault()
    login, password = form.login.data or "", form.password.data or ""
    key = tries.key(vault, login)
    if tries.refused(key):
        return _too_many()
    tried = password_step(db.session(), vault, login=login, password=password, roles=roles_here())
    if tried.account is None:
        _note_refusal(key, tried)
        form.password.errors = [gettext("Tên đăng nhập hoặc mật khẩu không đúng.")]
        return None
    account, target = tried.account, safe_next(request.args.get("next"))
    whole = not sessions.needs_factor(account)
    sessions.begin(account, whole=whole)
    if whole:
        return _signed_in(account, target, new_hash=tried.new_hash)
    db.session.commit()
    return redirect(url_for(".code" if account.factor else ".enrol", next=target))


def _signed_in(account: Account, target: str | None, *, new_hash: str | None = None) -> Response:
    """Commit what signed somebody in, and lead on."""
    role = account.role
    service.signed_in(db.session(), now=clock.now(), account=account, new_hash=new_hash)
    db.session.commit()
    response = make_response(redirect(target or landing(role)))
    sessions.know(response, account)
    return response


def _note_refusal(key: str, tried: Tried) -> None:
    locked_out = tries.failed(key)
    service.refused(db.session(), now=clock.now(), why=tried.why, account=tried.meant, locked_out=locked_out)
    db.session.commit()


def _too_many() -> ResponseReturnValue:
    return render_template("accounts/too_many.html", minutes=tries.MINUTES), 429


def _demo_accounts_shown() -> bool:
    # A hint for those who try the demo on their own computer; elsewhere it would help strangers only.
    config = context.config()
    return config.trial and (config.instance / "demo-accounts.tsv").exists() and not current_app.testing


def _pending() -> Here | None:
    found = sessions.here()
    return found if found is not None and found.state == "pending" else None


@bp.route("/sign-in/code", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def code() -> ResponseReturnValue:
    """The second step: a code of the app, or one of those on paper."""
    found = _pending()
    if found is None or found.account.factor is None:
        return redirect(url_for(".sign_in"))
    form, account = CodeForm(), found.account
    if form.validate_on_submit():
        key = tries.key(context.vault(), service.login_of(context.vault(), account))
        if tries.refused(key):
            return _too_many()
        if _takes(account, factors.digits_of(form.factor.data or "")):
            sessions.renew(found.row)
            return _signed_in(account, safe_next(request.args.get("next")))
        _note_refusal(key, Tried(None, "code", account))
        form.factor.errors = [gettext("Mã không đúng, đã dùng hoặc đã hết hạn. Chờ ứng dụng hiện mã mới rồi thử lại.")]
    return render_template("accounts/code.html", form=form), 422 if form.errors else 200


def _takes(account: Account, digits: str) -> bool:
    store, now = db.session(), clock.now()
    if len(digits) == factors.CODE_DIGITS:
        return service.take_code(store, now=now, account=account, code_hash=factors.code_hash(account.id, digits))
    secret = service.factor_secret(context.vault(), account)
    step = factors.matching_step(secret, digits, now, account.factor_step)
    return step is not None and service.take_step(store, account, step)


@bp.route("/sign-in/enrol", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def enrol() -> ResponseReturnValue:
    """Staff without a second factor set one up before they reach anything else."""
    found = _pending()
    if found is None or found.account.factor is not None:
        return redirect(url_for(".sign_in"))
    form, account = EnrolForm(), found.account
    target = safe_next(request.args.get("next")) or landing(account.role)
    if form.validate_on_submit():
        codes = enrolling.finish(found, form)
        if codes:
            service.signed_in(db.session(), now=clock.now(), account=account)
            db.session.commit()
            response = make_response(enrolling.codes_page(codes, target))
            sessions.know(response, account)
            return response
    return enrolling.page(account, form, first=True), 422 if form.errors else 200


@bp.route("/unlock", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def unlock() -> ResponseReturnValue:
    """Open a locked session again. With `in_place` the lock lies over a page, and answers are for its script."""
    found, in_place = sessions.here(), request.form.get("in_place") == "1"
    if found is None or found.state == "pending":
        return ("", 410) if in_place else redirect(url_for(".sign_in"))
    form = UnlockForm()
    target = safe_next(request.args.get("next") if request.method == "GET" else form.next.data)
    if request.method == "GET" and found.state == "live":
        return redirect(target or landing(found.account.role))
    if form.validate_on_submit():
        key = tries.key(context.vault(), service.login_of(context.vault(), found.account))
        if tries.refused(key):
            return _too_many()
        if verify(found.account.password_hash, form.password.data or ""):
            return _unlocked(found, form, key, in_place=in_place, target=target)
        _note_refusal(key, Tried(None, "unlock", found.account))
        form.password.errors = [gettext("Mật khẩu không đúng.")]
    if in_place:
        return str(form.password.errors[-1] if form.password.errors else ""), 422, {"Content-Type": "text/plain"}
    carried = locking.Carried(form.kept.data or "", lost=False)
    shown = locking.page(found, form, carried=carried, next_path=target or "")
    return shown, 422 if form.errors else 200


def _unlocked(found: Here, form: UnlockForm, key: str, *, in_place: bool, target: str | None) -> ResponseReturnValue:
    role = found.account.role
    service.unlock(db.session(), now=clock.now(), account=found.account)
    sessions.renew(found.row)
    db.session.commit()
    tries.succeeded(key)
    if in_place:
        return "", 204
    return locking.resume(found, form.kept.data or "") or redirect(target or landing(role))
