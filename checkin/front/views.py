from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock, context
from checkin.accounts.views import landing
from checkin.db import db
from checkin.front.privacy import page, written_in
from checkin.i18n import lang_arg, locale_code
from checkin.notices import queries as notices

bp = Blueprint("front", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(landing(current_user.role))
    if context.config().tier == "staff":
        return redirect(url_for("accounts.sign_in"))
    return render_template("front/home.html", noticed=notices.any_in_force(db.session(), clock.now()))


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, how long, and who reads it."""
    config, staff = context.config(), context.config().tier == "staff"
    # The staff's process has no pages for visitors.
    links = {
        f"{name}_url": f"{config.public_origin}/{name}" if staff else url_for(view, **lang_arg())
        for name, view in (("me", "me.show"), ("rights", "rights.ask"))
    }
    body = page(locale_code(), context.rules(clock.today()), config, links)
    return render_template("front/privacy.html", body=body, written_in=written_in(locale_code()), lang_arg=lang_arg())


@bp.get("/zones")
def zones() -> ResponseReturnValue:
    """Epidemiological zones that the question about travel means."""
    today = clock.today()
    listed = [zone for zone in context.rules(today)["zones"]["zone"] if zone["from"] <= today <= zone.get("to", today)]
    return render_template("front/zones.html", zones=listed)
