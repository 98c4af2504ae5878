"""How an owner gets an account: with the first venue, on one page; or alone, to take over a venue."""

from flask import Blueprint, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user
from werkzeug.wrappers import Response

from checkin import clock, context
from checkin.accounts import service as accounts
from checkin.accounts import sessions
from checkin.accounts.access import safe_next
from checkin.accounts.models import OWNER, Account
from checkin.db import db
from checkin.errors import DomainError
from checkin.owners.asking import CONFIRMING, reaches, send_code
from checkin.venues import registering, service
from checkin.venues.forms import RegisterForm, SignUpForm
from checkin.venues.registering import with_position
from checkin.web import limiter

bp = Blueprint("signup", __name__)
# The page with a venue's fields says so, since an account can be made without one.
WITH_VENUE = "venue"


@bp.route("/sign-up", methods=["GET", "POST"])
@limiter.limit("30 per hour", methods=["POST"])
def sign_up() -> ResponseReturnValue:
    target = safe_next(request.args.get("next"))
    if current_user.is_authenticated and current_user.role == OWNER:
        return redirect(target or url_for("venues.new"))
    alone = bool(target) if request.method == "GET" else request.form.get("with") != WITH_VENUE
    return _account_alone(target) if alone else _with_venue()


def _account_alone(target: str | None) -> ResponseReturnValue:
    form = SignUpForm()
    if form.validate_on_submit():
        account = _create(form)
        if account is not None:
            waits_for = _begin(account)
            db.session.commit()
            if waits_for:
                session[CONFIRMING] = waits_for
            known = target or url_for("contact.confirm" if waits_for else "venues.new")
            response = make_response(redirect(known))
            sessions.know(response, account)
            return response
    return render_template("venues/sign_up.html", form=form), 422 if form.errors else 200


def _with_venue() -> ResponseReturnValue:
    form = RegisterForm()
    registering.prepare(form)
    if form.validate_on_submit() and registering.find_outer(form):
        account = _create(form)
        if account is not None:
            return _first_venue(form, account)
    page = render_template("venues/register.html", form=form, with_venue=WITH_VENUE)
    return with_position(make_response(page, 422 if form.errors else 200))


def _first_venue(form: RegisterForm, account: Account) -> Response:
    """The account, and its venue with it; where the venue may be known already, a page that asks first."""
    waits_for = _begin(account)
    alike = registering.doubles(form, account.id)
    venue = None
    if not alike:
        venue = service.register(
            db.session(), context.vault(), now=clock.now(), actor=account.actor, facts=form.facts()
        )
    elif not form.phone.data:
        form.phone.data = form.login.data
    db.session.commit()
    if waits_for:
        session[CONFIRMING] = waits_for
    # The token of the form that came belongs to the session before this one.
    g.pop("csrf_token", None)
    if venue is not None:
        response = make_response(redirect(url_for("venues.show", venue_id=venue.id)))
    else:
        page = render_template(
            "venues/edit.html", form=form, venue=None, alike=alike, action=url_for("venues.new"), first=True
        )
        response = with_position(make_response(page))
    sessions.know(response, account)
    return response


def _create(form: SignUpForm | RegisterForm) -> Account | None:
    """The account; None, with a message beside the field, where there is one already."""
    try:
        return accounts.create(
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
        return None


def _begin(account: Account) -> str | None:
    """Sign the new owner in; where messages go out, the code is on its way before the first page is through."""
    waits_for = send_code(db.session(), account) if reaches(account) else None
    sessions.begin(account, whole=True)
    return waits_for
