"""The page at the counter: who has just come, today, at this venue."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from checkin import clock
from checkin.db import begin_writing, db
from checkin.desk import access, service
from checkin.desk.page import page

bp = Blueprint("desk", __name__, url_prefix="/desk")


@bp.get("/")
def show() -> ResponseReturnValue:
    session, now = db.session(), clock.now()
    link = access.here().link
    shown = page()
    if service.is_due(link, now):
        begin_writing()
        service.note_use(session, now=now, link=link)
        session.commit()
        access.remember(shown, access.secret())
    return shown
