"""What a lookup by case finds: where the case was, and who was at the same places. From what is kept for the case."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.cases import queries as cases
from checkin.cases.models import MET, Case, kept_declaration
from checkin.cases.spread import air, days_before
from checkin.declarations.forms import NATIONALITIES
from checkin.exposure import listing, queries, ranking, showing
from checkin.exposure.daylines import by_day
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Presence, Window
from checkin.exposure.queries import StayRow
from checkin.exposure.ranking import Contact, Contacts
from checkin.exposure.timeline import seen
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.visits import stays
from checkin.visits.queries import Encounter, meeting

BLOCK = 500


class Contacting:
    """The encounters of a lookup by case, and those who can have had a part in them."""

    def __init__(self, session: Session, lookup: Lookup, case: Case) -> None:
        rules = context.rules(clock.to_local(lookup.end).date())
        self.window = Window(lookup.start, lookup.end)
        # A case that was given another person since is not who was asked about.
        self.same_person = case.person_id is not None and case.person_id == lookup.person_id
        self.encounters: list[Encounter] = (
            cases.encounters(session, case.id, lookup.start, lookup.end, clip=True) if self.same_person else []
        )
        self.case_id = case.id
        self.told: Table = kept_declaration
        self._listed: dict[UUID, Contact] = {}
        self.air = air(rules, case.disease)
        self.days_before = days_before(rules, case.disease)
        self._how: dict[str, Any] = {
            "air": self.air,
            "cap": stays.longest(rules),
            "excluding": [lookup.person_id],
            "store": cases.kept_for(MET),
        }

    def people(self, session: Session, first: int, limit: int) -> Contacts:
        """A page of the people, ranked, and how many there are."""
        if not self.encounters:
            return Contacts(0, 0, [])
        return ranking.contacts(session, self.encounters, **self._how, case_id=self.case_id, first=first, limit=limit)

    def count(self, session: Session) -> int:
        """How many people there are."""
        return self.people(session, 0, 1).total

    def ranked(self, session: Session) -> list[UUID]:
        """All of them, by id, in the order of the page."""
        self._listed = {one.person_id: one for one in self.everybody(session)}
        return list(self._listed)

    def some(self, session: Session, people: Sequence[UUID]) -> list[Presence[StayRow]]:
        """Those of `ranked`, in the order given, with their stays that met the case."""
        return self.presences(session, [self._listed[person_id] for person_id in people])

    def everybody(self, session: Session) -> list[Contact]:
        """All of them in the same order."""
        return self.people(session, 0, self.people(session, 0, 1).total).people

    def presences(self, session: Session, people: Sequence[Contact]) -> list[Presence[StayRow]]:
        """These people with those of their stays that met the case, without whom it has let go of since the ranking."""
        if not people:
            return []
        met = meeting(session, self.encounters, "entered_at", "id", **self._how)
        theirs: dict[UUID, list[StayRow]] = {}
        for start in range(0, len(people), BLOCK):
            ids = [one.person_id for one in people[start : start + BLOCK]]
            for stay in queries.met_stays(session, self.case_id, ids, met):
                theirs.setdefault(stay.person_id, []).append(stay)
        return [
            Presence(one.person_id, one.certain_minutes, one.possible_minutes, tuple(theirs[one.person_id]))
            for one in people
            if one.person_id in theirs
        ]


def case_page(session: Session, vault: Vault, lookup: Lookup, case: Case | None, *, page: int) -> dict[str, Any] | None:
    """The visits of a case and a page of the people of the same places; None where there is no such page."""
    if case is None:
        return None
    found = Contacting(session, lookup, case)
    first = (page - 1) * showing.PAGE
    people = found.people(session, first, showing.PAGE)
    if page > 1 and not people.people:
        return None
    presences = found.presences(session, people.people)
    own = queries.own_stays(session, case.id, lookup.start, lookup.end) if found.same_person else []
    visits = [visit for theirs in seen(session, own).values() for visit in theirs]
    return {
        "same_person": found.same_person,
        "known": bool(case.onset_on or case.sample_on),
        "before": found.days_before,
        "air_minutes": round(found.air.total_seconds() / 60),
        "own": len(visits),
        "days": by_day(visits),
        "total": people.total,
        "certain": people.certain,
        "met": {one.person_id: one.encounters for one in people.people},
        "rows": listing.rows(session, vault, presences, found.window, kept_declaration),
        "venue_names": venues.names(session, {stay.venue_id for one in presences for stay in one.stays}),
        "first": first,
        "page": page,
        "pages": max(1, -(-people.total // showing.PAGE)),
        "note_names": showing.NOTE_NAMES,
        "own_province": showing.own_province(session),
        "nationalities": NATIONALITIES,
        "local": showing.local,
    }
