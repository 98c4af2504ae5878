"""Which place and time a notice is about, chosen among those of the case; and its form filled in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.cases.models import Case
from checkin.movements import queries as movements
from checkin.notices import queries
from checkin.notices.forms import NoticeForm
from checkin.notices.lasting import widened
from checkin.notices.models import Notice
from checkin.notices.service import Words
from checkin.notices.stays import Stay, stays
from checkin.venues import queries as venues

# What a draft says already.
AS_IT_IS = "draft"


@dataclass(frozen=True)
class Choice:
    """A place and the window of a notice about it, in whole quarters; `how` is None for what the draft says already."""

    key: str
    venue_id: UUID
    zone_id: UUID | None
    start: datetime
    end: datetime
    name: str
    zone: str | None
    how: str | None


def choices_of(session: Session, case: Case, notice: Notice | None) -> list[Choice]:
    """What the draft says already, then where the case was, the newest first: by visits and by what was told in
    interviews of places with a code. The reading is on record before."""
    found = stays(queries.stays_of(session, case.id), movements.of_person(session, case.person_id))
    named = _Names(session, [*found, *([notice] if notice else [])])
    own = [named.choice(AS_IT_IS, notice, None)] if notice else []
    return [one for one in (*own, *(named.choice(str(stay.id), stay, stay.how) for stay in found)) if one]


def form_of(case: Case, choices: list[Choice], notice: Notice | None) -> NoticeForm:
    """The form with these choices, as it was sent; or as the draft is, or with the one choice there is."""
    form = NoticeForm()
    form.case = case
    form.place.choices = [(one.key, one.name) for one in choices]
    form.windows = {one.key: (one.start, one.end) for one in choices}
    if form.is_submitted():
        return form
    if notice is not None:
        form.place.data, form.severity.data = AS_IT_IS, notice.severity
        form.words_vi.data, form.words_en.data = notice.words_vi, notice.words_en or ""
    elif len(choices) == 1:
        form.place.data = choices[0].key
    return form


def words_of(form: NoticeForm, choices: Iterable[Choice]) -> Words:
    """What a valid form says."""
    chosen = next(one for one in choices if one.key == form.place.data)
    return Words(
        venue_id=chosen.venue_id,
        zone_id=None if form.whole.data else chosen.zone_id,
        start=form.window[0],
        end=form.window[1],
        severity=form.severity.data,
        words_vi=form.words_vi.data or "",
        words_en=form.words_en.data or None,
    )


class _Names:
    def __init__(self, session: Session, known: list[Any]) -> None:
        self.venues = venues.names(session, {one.venue_id for one in known})
        self.zones = venues.zone_names(session, list(self.venues)) if any(one.zone_id for one in known) else {}

    def choice(self, key: str, one: Stay | Notice, how: str | None) -> Choice | None:
        venue = self.venues.get(one.venue_id)
        if venue is None:
            return None
        zone = self.zones.get(one.zone_id, "?") if one.zone_id else None
        return Choice(key, one.venue_id, one.zone_id, *widened(one.start, one.end), venue.name, zone, how)
