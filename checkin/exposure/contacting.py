"""What a lookup by case finds: where the case was, and who was at the same places. From what is kept for the case."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
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
from checkin.exposure.scored import EVERYBODY, NOBODY, Cut, Listed, Question, Rated
from checkin.exposure.scoring import Urgency, Weights
from checkin.exposure.timeline import seen
from checkin.places import queries as places
from checkin.vault import Vault
from checkin.venues import queries as venues
from checkin.visits import stays
from checkin.visits.queries import Encounter

BLOCK = 500
# Shorter lists are ranked anew as fast as they are read.
WORTH_KEEPING = 2000


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
        self.at: dict[UUID, list[Encounter]] = {}
        for one in self.encounters:
            for venue_id in one.venue_ids:
                self.at.setdefault(venue_id, []).append(one)
        self.venues = venues.names(session, set(self.at))
        self.kinds = {one.id: one.kind for one in self.venues.values()}
        # (venue, zone) by name, of all zones of the venues where the case was.
        self.zones: dict[UUID, tuple[str, str]] = (
            {zone_id: (venue, name) for zone_id, venue, name in venues.zones_at(session, set(self.at))}
            if self.at
            else {}
        )
        self.cut = cut
        # True once they were ranked anew, and so many that it is better done once.
        self.worth_keeping = False
        # Those read last, as they were ranked.
        self.rated: dict[UUID, Rated] = {}
        self._listed: dict[UUID, Contact] = {}
        self.air, self.cap = air(rules, case.disease), stays.longest(rules)
        self.days_before = days_before(rules, case.disease)
        self.from_places = from_places(rules, case.disease)
        # Who was joined is listed as the one they are, with the minutes of all their stays. Of nobody else it is asked:
        # what an officer joins elsewhere changes nothing here.
        self._main_of = (
            cases.joined_among(session, case.id, case.person_id) if self.encounters and case.person_id else {}
        )
        self._how: dict[str, Any] = {
            "air": self.air,
            "cap": self.cap,
            "excluding": sorted(self._members([lookup.person_id])) if lookup.person_id else [],
            "case_id": case.id,
        }

    @property
    def known(self) -> bool:
        """False for a cut that no list has, or not this one."""
        if not self.cut.known or (self.from_places and not self.cut.whole):
            return False
        return not self.cut.at or UUID(self.cut.at) in self.zones

    def people(self, session: Session, first: int, limit: int) -> Listed:
        """A page of the people of the cut, ranked, and how many there are."""
        if not self.encounters:
            return NOBODY
        if self.from_places:
            # Where the case gave it to nobody, minutes beside it say nothing.
            store = cases.kept_for(MET, bool(self._main_of))
            how = {**self._how, "store": store, "first": first, "limit": limit, "by_minutes": False}
            met = ranking.contacts(session, self.encounters, **how)
            return Listed(met.total, met.certain, met.total, NOBODY.counts, met.people)
        asked = self.asked()
        page: dict[str, Any] = {"first": first, "limit": limit, "cut": self.cut}
        # What is kept knows no zones.
        by_zone = bool(self.zones)
        found = None if by_zone else scored.kept(session, asked, self.made_of(session), **page)
        if found is None:
            found = scored.contacts(session, asked, **page, by_zone=by_zone)
            self.worth_keeping = found.total >= WORTH_KEEPING and not by_zone
        self.rated = {one.person_id: one for one in found.people if isinstance(one, Rated)}
        return found

    def asked(self) -> Question:
        """Whom the case met, as it is asked of what is kept for it."""
        # All of them are read: each looked up by itself takes longer than to go by venue.
        store, of = cases.all_kept(bool(self._main_of)), cases.claimed(MET)
        return Question(self.encounters, weights=self.weights, kinds=self.kinds, store=store, of=of, **self._how)

    def made_of(self, session: Session) -> UUID:
        """What the ranking is made of besides the visits that are kept."""
        return self.asked().made_of(session, self._main_of.items())

    def _members(self, people: Collection[UUID]) -> set[UUID]:
        """These people and all with whom any of them was joined."""
        mains = {self._main_of.get(one, one) for one in people}
        return mains.union(people, (member for member, main in self._main_of.items() if main in mains))

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
        theirs: dict[UUID, list[StayRow]] = {}
        for start in range(0, len(people), BLOCK):
            ids = [one.person_id for one in people[start : start + BLOCK]]
            # Those of these people alone are read, by their index; which of them met the case is asked here.
            for stay in queries.met_stays(session, self.case_id, list(self._members(ids))):
                if any(together(self, stay)):
                    main = self._main_of.get(stay.person_id)
                    theirs.setdefault(main or stay.person_id, []).append(
                        replace(stay, person_id=main) if main else stay
                    )
        return [
            Presence(one.person_id, one.certain_minutes, one.possible_minutes, tuple(theirs[one.person_id]))
            for one in people
            if one.person_id in theirs
        ]


def together(found: Contacting, stay: StayRow) -> Iterator[tuple[Encounter, datetime, datetime, bool]]:
    """Which stays of the case the stay can have been beside, from when to when, and whether that is certain: the rule
    of `meeting`."""
    for encounter in found.at.get(stay.venue_id, ()):
        low = max(stay.entered_at, encounter.start)
        high = min(stay.until_latest, encounter.end + found.air)
        if low <= high and stay.entered_at >= encounter.start - found.cap:
            yield encounter, low, high, encounter.recorded and stay.left_at is not None


@dataclass(frozen=True)
class ZoneOffered:
    """A zone to which the list can be cut: how many of it were there, and whether the case was."""

    id: UUID
    venue: str
    name: str
    people: int
    of_case: bool


def zones_offered(found: Contacting, listed: Listed) -> list[ZoneOffered]:
    """The zones where anybody of the list was, of the venues where the case was, and the one that is chosen."""
    own = {encounter.zone_id for encounter in found.encounters}
    return [
        ZoneOffered(zone_id, venue, name, listed.zones.get(zone_id, 0), zone_id in own)
        for zone_id, (venue, name) in found.zones.items()
        if zone_id in listed.zones or str(zone_id) == found.cut.at
    ]


def case_page(
    session: Session, vault: Vault, lookup: Lookup, case: Case | None, *, page: int, cut: Cut = EVERYBODY
) -> dict[str, Any] | None:
    """The visits of a case and a page of the people of the same places; None where there is no such page or cut."""
    found = Contacting(session, lookup, case, cut) if case is not None else None
    if case is None or found is None or not found.known:
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
    rows = listing.rows(session, vault, presences, found.window, kept_declaration, found.venues)
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
        "anywhere": people.anywhere,
        "zones": zones_offered(found, people),
        "parts": cut.parts,
        "found": found,
        "met": {one.person_id: one.encounters for one in people.people},
        "rows": rows,
        "venue_names": found.venues,
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
