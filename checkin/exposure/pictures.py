"""The pictures beside the list of a place: its people by time, and the own stays of the case that it is for."""

from collections.abc import Sequence

from flask_babel import gettext
from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.declarations.triage import NOT_ASKED
from checkin.exposure import queries, telling
from checkin.exposure.listing import Row
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Window
from checkin.exposure.overlapping import NARROW, WIDTH, Picture, picture
from checkin.venues import queries as venues


def of_place(
    session: Session, lookup: Lookup, case: Case | None, rows: Sequence[Row], times: Sequence[Window]
) -> list[Picture]:
    """A broad picture and a narrow one of these rows, for a lookup of one venue; none for anything else.

    It names whom the list beside it names. The case is called by its number, also where the list has its person.
    `times` are the hours that were asked of each day, where they were not all of the lookup's window.
    """
    if lookup.venue_id is None:
        return []
    own: list[queries.StayRow] = []
    if case is not None and case.person_id is not None:
        here = set(venues.with_inside(session, lookup.venue_id))
        kept = telling.own_stays(session, case, lookup.start, lookup.end)
        own = [stay for stay in kept if stay.venue_id in here and lookup.zone_id in (None, stay.zone_id)]
    people = [
        (_called(row), row.presence.stays)
        for row in rows
        if not (own and case is not None and row.presence.person_id == case.person_id)
    ]
    window, called = Window(lookup.start, lookup.end), (case.number, own) if case is not None else None
    found = [picture(people, window, called, width, times) for width in (WIDTH, NARROW)]
    return [one for one in found if one is not None]


def _called(row: Row) -> str:
    """As the list beside says it, also where nobody declared or nobody can open it."""
    unread = gettext("Chưa rõ tên") if row.triage == NOT_ASKED else gettext("Không mở được chi tiết")
    return str(row.person.full_name) if row.person.readable else unread
