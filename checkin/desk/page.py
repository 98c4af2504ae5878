"""The page of the device: who came today, what was just recorded, and the ways in."""

from typing import Any

from flask import Response, make_response, render_template

from checkin import clock
from checkin.db import db
from checkin.desk import access, queries
from checkin.ids import new_id
from checkin.web import with_camera

SHOWN = 20
# How long ago is counted in seconds, then in minutes, then told by the clock.
SECONDS_UNTIL, MINUTES_UNTIL = 60, 3600


def page(
    *, answer: dict[str, Any] | None = None, refused: str = "", status: int = 200, blank: bool = False
) -> Response:
    """The page; `blank`, with nobody on it, which a device may keep for the time without network."""
    session, now = db.session(), clock.now()
    stand = access.here()
    venue = stand.venue
    start, _ = clock.day_bounds(clock.to_local(now).date())
    count, entries = (0, []) if blank else queries.today(session, venue.id, start, now, SHOWN)
    return with_camera(
        make_response(
            render_template(
                "desk/show.html",
                stand=stand,
                venue=venue,
                count=count,
                entries=[(entry, max(0, int((now - entry.entered_at).total_seconds()))) for entry in entries],
                seconds_until=SECONDS_UNTIL,
                minutes_until=MINUTES_UNTIL,
                at=now,
                answer=answer,
                refused=refused,
                blank=blank,
                next_id=str(new_id(now)),
            ),
            status,
        )
    )
