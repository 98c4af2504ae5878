"""What a lookup by case finds: where the case was, and who was at the same places. From what is kept for the case."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.casefacts.windows import rules_of
from checkin.cases import queries as cases
from checkin.cases.models import MET, Case, kept_declaration
from checkin.cases.spread import air, days_before, from_places
from checkin.contacts import queries as contacts
from checkin.contacts.words import WORDS
from checkin.declarations.forms import NATIONALITIES
from checkin.exposure import listing, queries, ranking, scored, showing, telling
from checkin.exposure.daylines import by_day
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Presence, Window
from checkin.exposure.queries import StayRow
from checkin.exposure.ranking import Contact
from checkin.exposure.scored import EVERYBODY, NOBODY, Cut, Listed, Rated
from checkin.exposure.scoring import Urgency, Weights
from checkin.exposure.timeline import seen
from checkin.joins import queries as joins
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.visits import stays
from checkin.visits.queries import Encounter, meeting

BLOCK = 500


class Contacting:
    """The encounters of a lookup by case, and those who can have had a part in them."""

    def __init__(self, session: Session, lookup: Lookup, case: Case, cut: Cut = EVERYBODY) -> None:
        rules = rules_of(case)
        self.window = Window(lookup.start, lookup.end)
        # A case that was given another person since is not who was asked about.
        self.same_person = case.person_id is not None and case.person_id == lookup.person_id
        self.encounters: list[Encounter] = (
            cases.encounters(session, case.id, lookup.start, lookup.end, clip=True) if self.same_person else []
        )
        self.case_id = case.id
        self.told: Table = kept_declaration
        self.weights, self.urgency = Weights.from_dict(rules["ranking"]), Urgency.from_dict(rules["ranking"])
        at = {venue_id for one in self.encounters for venue_id in one.venue_ids}
        self.kinds = {one.id: one.kind for one in venues.names(session, at).values()} if at else {}
        self.cut = cut
        # Those read last, as they were ranked.
        self.rated: dict[UUID, Rated] = {}
        self._listed: dict[UUID, Contact] = {}
        self.air = air(rules, case.disease)
        self.days_before = days_before(rules, case.disease)
        self.from_places = from_places(rules, case.disease)
        # Who was joined is listed as the one they are, with the minutes of all their stays.
        self._folded = joins.any_joined(session)
        self._how: dict[str, Any] = {
            "air": self.air,
            "cap": stays.longest(rules),
            "excluding": joins.everybody_of(session, [lookup.person_id] if lookup.person_id else []),
            "store": cases.kept_for(MET, self._folded),
        }

    def people(self, session: Session, first: int, limit: int) -> Listed:
        """A page of the people of the cut, ranked, and how many there are."""
        if not self.encounters:
            return NOBODY
        how: dict[str, Any] = {**self._how, "case_id": self.case_id, "first": first, "limit": limit}
        if self.from_places:
            # Where the case gave it to nobody, minutes beside it say nothing.
            met = ranking.contacts(session, self.encounters, **how, by_minutes=False)
            return Listed(met.total, met.certain, met.total, NOBODY.counts, met.people)
        # All of them are read for a page: each looked up by itself takes longer than to go by venue.
        how |= {"store": cases.all_kept(self._folded), "of": cases.claimed(MET)}
        more: dict[str, Any] = {"weights": self.weights, "kinds": self.kinds, "cut": self.cut}
        found = scored.contacts(session, self.encounters, **how, **more)
        self.rated = {one.person_id: one for one in found.people if isinstance(one, Rated)}
        return found

    def count(self, session: Session) -> int:
        """How many people there are."""
        return self.people(session, 0, 1).shown

    def ranked(self, session: Session) -> list[UUID]:
        """All of them, by id, in the order of the page."""
        self._listed = {one.person_id: one for one in self.everybody(session)}
        return list(self._listed)

    def some(self, session: Session, people: Sequence[UUID]) -> list[Presence[StayRow]]:
        """Those of `ranked`, in the order given, with their stays that met the case."""
        return self.presences(session, [self._listed[person_id] for person_id in people])

    def everybody(self, session: Session) -> Sequence[Contact]:
        """All of them in the same order."""
        return self.people(session, 0, self.people(session, 0, 1).shown).people

    def presences(self, session: Session, people: Sequence[Contact]) -> list[Presence[StayRow]]:
        """These people with those of their stays that met the case, without whom it has let go of since the ranking."""
        if not people:
            return []
        met = meeting(session, self.encounters, "entered_at", "id", **self._how)
        theirs: dict[UUID, list[StayRow]] = {}
        for start in range(0, len(people), BLOCK):
            ids = [one.person_id for one in people[start : start + BLOCK]]
            for stay in queries.met_stays(session, self.case_id, ids, met, self._how["store"]):
                theirs.setdefault(stay.person_id, []).append(stay)
        return [
            Presence(one.person_id, one.certain_minutes, one.possible_minutes, tuple(theirs[one.person_id]))
            for one in people
            if one.person_id in theirs
        ]


def together(found: Contacting, stay: StayRow) -> Iterator[tuple[Encounter, datetime, datetime, bool]]:
    """Which stays of the case the stay can have been beside, from when to when, and whether that is certain: the rule
    of `meeting`."""
    for encounter in found.encounters:
        low = max(stay.entered_at, encounter.start)
        high = min(stay.left_at or stay.until_latest, encounter.end + found.air)
        if stay.venue_id in encounter.venue_ids and low <= high:
            yield encounter, low, high, encounter.recorded and stay.left_at is not None


def case_page(
    session: Session, vault: Vault, lookup: Lookup, case: Case | None, *, page: int, cut: Cut = EVERYBODY
) -> dict[str, Any] | None:
    """The visits of a case and a page of the people of the same places; None where there is no such page or cut."""
    if case is None or not cut.known:
        return None
    found = Contacting(session, lookup, case, cut)
    if found.from_places and not cut.whole:
        return None
    first = (page - 1) * showing.PAGE
    people = found.people(session, first, showing.PAGE)
    if page > 1 and not people.people:
        return None
    presences = found.presences(session, people.people)
    own = telling.own_stays(session, case, lookup.start, lookup.end) if found.same_person else []
    # In the words of the case's page: what is already done about whom.
    called = contacts.of_people(session, case.id, [one.person_id for one in people.people])
    visits = [visit for theirs in seen(session, own).values() for visit in theirs]
    rows = listing.rows(session, vault, presences, found.window, kept_declaration)
    return {
        "same_person": found.same_person,
        "from_places": found.from_places,
        "known": bool(case.onset_on or case.sample_on),
        "before": found.days_before,
        "air_minutes": round(found.air.total_seconds() / 60),
        "own": len(visits),
        "days": by_day(visits),
        "total": people.total,
        "certain": people.certain,
        "shown": people.shown,
        "cut": cut,
        "cuts_counts": people.counts,
        "parts": {name: word for name, word in vars(cut).items() if word},
        "found": found,
        "met": {one.person_id: one.encounters for one in people.people},
        "rows": rows,
        "venue_names": venues.names(session, {stay.venue_id for one in presences for stay in one.stays}),
        "contacts": called,
        "communes": places.names(session, {one.commune_id for one in called.values() if one.commune_id}),
        "counts": contacts.counts(session, case.id, clock.now()),
        "call_hours": context.rules(clock.today())["contacts"]["call_hours"],
        "first": first,
        "page": page,
        "pages": max(1, -(-people.shown // showing.PAGE)),
        "note_names": showing.NOTE_NAMES,
        "own_province": showing.own_province(session),
        "nationalities": NATIONALITIES,
        "local": showing.local,
        **showing.FLAG_WORDS,
        **WORDS,
    }
