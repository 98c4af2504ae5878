from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock, context
from checkin.accounts.views import landing

bp = Blueprint("front", __name__)


@bp.get("/")
def home() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(landing(current_user.role))
    if context.config().tier == "staff":
        return redirect(url_for("accounts.sign_in"))
    return render_template("front/home.html")


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, how long, and who reads it."""
    return render_template("front/privacy.html", rules=context.rules(clock.today()))


@bp.get("/zones")
def zones() -> ResponseReturnValue:
    """Epidemiological zones that the question about travel means."""
    today = clock.today()
    listed = [zone for zone in context.rules(today)["zones"]["zone"] if zone["from"] <= today <= zone.get("to", today)]
    return render_template("front/zones.html", zones=listed)
