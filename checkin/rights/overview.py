"""The list of requests by the day they are due; who administers sees numbers alone."""

from datetime import timedelta

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from checkin import clock
from checkin.accounts.models import CDC
from checkin.db import db
from checkin.rights import queries
from checkin.rights.forms import KIND_WORDS

bp = Blueprint("requests", __name__, url_prefix="/requests")

LATELY = timedelta(days=30)


@bp.get("/")
def index() -> ResponseReturnValue:
    session, today = db.session(), clock.today()
    lists = current_user.role == CDC
    return render_template(
        "rights/index.html",
        counts=queries.counts(session, today, clock.now() - LATELY),
        lately=LATELY.days,
        lists=lists,
        waiting=queries.unanswered(session) if lists else [],
        answered=queries.answered(session) if lists else [],
        today=today,
        kinds=KIND_WORDS,
    )
