import json
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context
from checkin.db import db
from checkin.i18n import lang_arg
from checkin.ids import is_id
from checkin.me import page, printing, service
from checkin.me.telling import HIDDEN
from checkin.me.words import people_of, place_of, span_of, station_of
from checkin.names import mask_middle
from checkin.personcards import queries as cards
from checkin.visits import device
from checkin.web import limiter

bp = Blueprint("me", __name__, url_prefix="/me")

MOST_LEFT = 50


@bp.get("/")
@limiter.limit("120 per minute")
def show() -> ResponseReturnValue:
    """The visits of this device, who read the lists they are on, and what the device remembers."""
    known, own_device = device.remembered(), _device()
    return render_template(
        "me/show.html",
        own=_own(),
        cards=cards.of_device(db.session(), own_device) if own_device else [],
        has_device=own_device is not None,
        span_of=span_of,
        people_of=people_of,
        place_of=place_of,
        station_of=station_of,
        name=mask_middle(known.who.full_name) if known else None,
        kept_days=context.rules(clock.today()).retention_days,
        hidden_days=HIDDEN // timedelta(days=1),
        lang_arg=lang_arg(),
    )


@bp.post("/leave")
@limiter.limit("60 per minute")
def leave() -> ResponseReturnValue:
    """End visits of this device that are still open."""
    own_device, now = _device(), clock.now()
    if own_device is None:
        return redirect(url_for(".show", **lang_arg()), 303)
    meant = {UUID(text) for text in request.form.getlist("visit")[:MOST_LEFT] if is_id(text)}
    session = db.session()
    ended = service.leave(session, now=now, device=own_device, visit_ids=meant, since=now - _kept())
    session.commit()
    flash(gettext("Đã ghi giờ ra.") if ended else gettext("Giờ ra đã được ghi trước đó."), "ok")
    return redirect(url_for(".show", **lang_arg()), 303)


@bp.get("/data.json")
@limiter.limit("30 per minute")
def download() -> ResponseReturnValue:
    """The same as a file."""
    body = json.dumps(page.as_file(_own(), clock.now()), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": 'attachment; filename="checkin.json"', "Cache-Control": "no-store"}
    return Response(body, mimetype="application/json", headers=headers)


@bp.get("/data.pdf")
@limiter.limit("30 per minute")
def paper() -> ResponseReturnValue:
    """The same to print or to keep."""
    body = printing.as_pdf(_own(), clock.now(), context.config().cdc_name)
    headers = {"Content-Disposition": 'attachment; filename="checkin.pdf"', "Cache-Control": "no-store"}
    return Response(body, mimetype="application/pdf", headers=headers)


def _own() -> page.Own:
    own_device, now = _device(), clock.now()
    if own_device is None:
        return page.Own([], [], [], {}, {}, {})
    return page.own(db.session(), own_device, since=now - _kept(), now=now)


def _device() -> bytes | None:
    secret = device.secret()
    return context.vault().device(secret) if secret else None


def _kept() -> timedelta:
    return timedelta(days=context.rules(clock.today()).retention_days)
