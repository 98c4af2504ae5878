"""Why somebody is offered as perhaps an F2, in words."""

from collections.abc import Mapping
from uuid import UUID

from flask_babel import gettext

from checkin.nearby.offering import FORM, PHONE, Shared
from checkin.venues.models import Venue


def reason(shared: Shared, names: Mapping[UUID, Venue]) -> str:
    """One thing that somebody has in common with the F1; `names` has the venues."""
    if shared.why == PHONE:
        return str(gettext("cùng số điện thoại"))
    last = f"{shared.last:%d/%m}" if shared.last else "–"
    if shared.why == FORM:
        return str(gettext("khai chung một tờ: %(times)s lần, lần cuối %(day)s", times=shared.times, day=last))
    venue = names.get(shared.venue_id) if shared.venue_id else None
    place = venue.name if venue else gettext("Địa điểm đã xoá")
    return str(
        gettext("cùng ca ở %(place)s: %(times)s ca, lần cuối %(day)s", place=place, times=shared.times, day=last)
    )
