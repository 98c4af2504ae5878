"""All notices in one list: the CDC's every one, a station's those about places of its commune, which it confirms."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_login import current_user

from checkin import clock
from checkin.db import db
from checkin.errors import DomainError
from checkin.notices import queries, service
from checkin.notices.words import for_pages

every = Blueprint("all_notices", __name__, url_prefix="/notice")
station = Blueprint("station_notices", __name__, url_prefix="/station/notices")
every.app_context_processor(for_pages)


@station.app_template_global("notices_to_receive")
def notices_to_receive() -> int:
    """How many notices in force about places of the commune its station has not confirmed."""
    return queries.unreceived(db.session(), clock.now())


@every.get("/")
def index() -> ResponseReturnValue:
    """Every notice, the newest first: where it stands, until when, who knows of it. Who reads it nobody counts."""
    session = db.session()
    found = queries.every(session)
    public = [queries.as_public(notice) for notice, _ in found]
    return render_template(
        "notices/every.html",
        found=found,
        states={one.id: one.state_at(clock.now()) for one in public},
        where=queries.places_of(session, public),
        receipts=queries.receipts(session, [one.id for one in public]),
        most=queries.MOST,
    )


@station.get("/")
def of_commune() -> ResponseReturnValue:
    """The notices about places of the commune, the newest first."""
    session = db.session()
    found = queries.of_station(session)
    return render_template(
        "notices/station.html",
        found=found,
        states={one.id: one.state_at(clock.now()) for one in found},
        where=queries.places_of(session, found),
        receipts=queries.receipts(session, [one.id for one in found]),
    )


@station.post("/<uuid:notice_id>/received")
def received(notice_id: UUID) -> ResponseReturnValue:
    """The station knows of it."""
    session = db.session()
    notice = next((one for one in queries.of_station(session) if one.id == notice_id), None)
    if notice is None:
        abort(404)
    try:
        service.receive(session, now=clock.now(), actor=current_user.actor, notice=notice)
    except DomainError:
        abort(404)
    session.commit()
    flash(gettext("Đã báo CDC: trạm đã nhận thông báo %(number)s.", number=notice.number), "ok")
    return redirect(url_for(".of_commune"), 303)
