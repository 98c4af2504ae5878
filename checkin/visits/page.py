"""What the visitor's pages are put together from: the form with what was typed, one confirmation for those known."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context
from checkin.db import db
from checkin.i18n import lang_arg
from checkin.names import mask_middle
from checkin.places import queries as places
from checkin.venues.queries import Door
from checkin.visits import device, sheet, tokens
from checkin.visits.sheet import Sheet
from checkin.visits.tokens import StaleForm


def of_door(door: Door) -> dict[str, Any]:
    """What every page of a venue shows."""
    today = clock.today()
    rules = context.rules(today)
    return {
        "door": door,
        "days": rules.declared_days,
        "kept_days": rules.retention_days,
        "since": today - timedelta(days=rules.declared_days),
        "lang_arg": lang_arg(),
    }


def form(
    door: Door,
    shown: Sheet,
    *,
    status: int = 200,
    fresh: bool = True,
    notice: str = "",
    filled: bool = False,
    known: bool = False,
    scanning: bool = False,
    corrected: UUID | None = None,
) -> ResponseReturnValue:
    """The form's page. A form that goes back with errors keeps its submission, so that a retry is the same one; so does
    one that is `corrected`, which names it."""
    communes = places.communes_of(db.session(), shown.first.home) or ()
    return render_template(
        "visits/form.html",
        **of_door(door),
        form=shown.first,
        others=shown.others,
        free=shown.free,
        most=sheet.MOST,
        communes=communes,
        submission=_submission(door, fresh=fresh, of=corrected),
        notice=notice,
        filled=filled,
        known=known,
        scanning=scanning,
    ), status


def filled_in(door: Door, shown: Sheet) -> ResponseReturnValue:
    """The form's page after a card filled it in."""
    # Read once: what the visitor now corrects or takes out must not come back from the card.
    shown.first.card.data = ""
    notice = gettext("Đã điền từ thẻ. Xem lại rồi ghi các mục còn trống.")
    return form(door, shown, fresh=False, notice=notice, filled=True)


def again(
    door: Door, *, ticked: Collection[str] | None = None, notice: str = "", wrong: str = "", status: int = 200
) -> ResponseReturnValue:
    """One confirmation for those whose every answer was no the last time: ticked is who came together then."""
    people = [
        {
            "key": one.key,
            "name": mask_middle(one.who.full_name),
            "on": one.declared_on,
            "all_no": one.all_no,
            "ticked": one.together if ticked is None else one.key in ticked,
        }
        for one in device.people()
    ]
    return render_template(
        "visits/again.html",
        **of_door(door),
        people=people,
        submission=_submission(door, fresh=status == 200),
        notice=notice,
        wrong=wrong,
    ), status


def is_valid(token: str, door: Door) -> bool:
    """True for a submission of this page that is not too old."""
    try:
        tokens.read_submission(context.vault().session_ring, token, door.code, clock.now())
    except StaleForm:
        return False
    return True


def _submission(door: Door, *, fresh: bool, of: UUID | None = None) -> str:
    kept = request.form.get("submission", "")
    if of is None and not fresh and is_valid(kept, door):
        return kept
    return tokens.submission_token(context.vault().session_secret, door.code, clock.now(), of)
