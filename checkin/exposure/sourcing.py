"""What a lookup of the source shows: where the case was when it can have been infected, and who else was a case there.

From what is kept for cases. No name is opened: cases are spoken of by their numbers.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.casefacts.windows import rules_of
from checkin.cases import others
from checkin.cases.models import Case
from checkin.cases.spread import air, from_places, source_days
from checkin.contacts import queries as contacts
from checkin.exposure import showing, telling
from checkin.exposure.daylines import by_day
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Window
from checkin.exposure.sources import by_case, pairs
from checkin.exposure.timeline import seen
from checkin.venues import queries as venues


class Sourcing:
    """The stays of the case in the window of a lookup, and those of other cases that count."""

    def __init__(self, session: Session, lookup: Lookup, case: Case) -> None:
        self.rules = rules_of(case)
        self.air = air(self.rules, case.disease)
        # A case that was given another person since is not who was asked about.
        self.same_person = case.person_id is not None and case.person_id == lookup.person_id
        self.own = telling.own_stays(session, case, lookup.start, lookup.end) if self.same_person else []
        related = venues.related_each(session, {stay.venue_id for stay in self.own})
        found = others.stays_of_others(
            session, case, {one for some in related.values() for one in some}, lookup.start - self.air, lookup.end
        )
        self.pairs = pairs(self.own, found, related, Window(lookup.start, lookup.end), self.air)

    @property
    def people(self) -> set[UUID]:
        """The persons of the other cases whose stays are shown."""
        return {pair.other.person_id for pair in self.pairs}


def source_page(session: Session, lookup: Lookup, case: Case | None, *, page: int) -> dict[str, Any] | None:
    """The places of the case and a page of the other cases that were there; None where there is no such page."""
    if case is None:
        return None
    found = Sourcing(session, lookup, case)
    first, cases = (page - 1) * showing.PAGE, by_case(found.pairs)
    shown = cases[first : first + showing.PAGE]
    if page > 1 and not shown:
        return None
    visits = [visit for theirs in seen(session, found.own).values() for visit in theirs]
    pairs_shown = [pair for one in shown for place in one.places for pair in place.pairs]
    venue_ids = {stay.venue_id for pair in pairs_shown for stay in (pair.own, pair.other)}
    return {
        "same_person": found.same_person,
        "known": bool(case.onset_on or case.sample_on),
        "from_places": from_places(found.rules, case.disease),
        "source_days": source_days(found.rules, case.disease),
        "air_minutes": round(found.air.total_seconds() / 60),
        "own": len(visits),
        "days": by_day(visits),
        "total": len(cases),
        "rows": shown,
        "called": contacts.of_both(session, case, [one.other.case_id for one in shown]),
        "venue_names": venues.names(session, venue_ids),
        "zone_names": venues.zone_names(session, list(venue_ids)),
        "first": first,
        "page": page,
        "pages": max(1, -(-len(cases) // showing.PAGE)),
        "local": showing.local,
        **showing.FLAG_WORDS,
    }
