"""A card for who was just recorded at the counter, for the next time; the device learns nothing new by it."""

import base64
import binascii
from datetime import datetime, timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context, throttle
from checkin.audit.entry import Actor
from checkin.db import db
from checkin.declarations.told import Identity
from checkin.desk import access
from checkin.desk.forms import IssueForm
from checkin.desk.page import page
from checkin.personcards import service
from checkin.personcards.face import SHEET
from checkin.personcards.models import DESK
from checkin.personcards.printing import as_file
from checkin.personcards.service import Issuer
from checkin.vault import VaultError
from checkin.visits.arriving import BY_NETWORK
from checkin.web import limiter

bp = Blueprint("desk_cards", __name__, url_prefix="/desk")

# How long the page may hold who was recorded.
HELD = timedelta(minutes=30)
# A counter makes cards for its regulars, not for the province.
MOST_BY_DEVICE, DAY_SECONDS = 100, 86400


@bp.post("/card")
@limiter.limit(BY_NETWORK)
def issue() -> ResponseReturnValue:
    """Make the card of who was recorded a moment ago; the answer is the file to print."""
    form, now = IssueForm(), clock.now()
    who = _who(form.who.data or "", now) if form.validate() else None
    if who is None:
        return page(
            refused=gettext("Đã quá lâu. Quét lại thẻ của khách, hoặc khai hộ lại, rồi bấm làm thẻ."), status=422
        )
    stand = access.here()
    link, venue = stand.link, stand.venue
    if throttle.count("desk-cards", link.id, DAY_SECONDS) > MOST_BY_DEVICE:
        return page(
            refused=gettext(
                "Máy này đã làm %(count)s thẻ trong một ngày. Nhờ trạm y tế làm tiếp.", count=MOST_BY_DEVICE
            ),
            status=422,
        )
    issuer = Issuer(DESK, Actor(None, "desk", "none"), subject=str(link.id), venue_id=venue.id)
    made = service.issue(db.session(), context.vault(), now=now, issuer=issuer, people=[who])
    db.session.commit()
    return as_file(made, SHEET, now)


def seal_who(who: Identity, now: datetime) -> str:
    """Who was recorded, as the page may hold it: nobody reads it out of the page."""
    locked = context.vault().lock("cookie", {"card_for": who.as_dict(), "until": (now + HELD).timestamp()})
    return base64.urlsafe_b64encode(locked).decode()


def _who(held: str, now: datetime) -> Identity | None:
    try:
        values = context.vault().unlock("cookie", base64.urlsafe_b64decode(held))
        return Identity.from_dict(values["card_for"]) if now.timestamp() <= values["until"] else None
    except (VaultError, binascii.Error, KeyError, TypeError, ValueError):
        return None
