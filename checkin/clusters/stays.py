"""Where cases were, as signals see it: kept visits, what was told in interviews, and people who were joined as one.

Nearly all of it comes as numbers alone (`queries.stays_shared`). Of those cases alone of which somebody told where
they were, or whose person was joined with another, the visits themselves are read, as those of a case are.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.clusters import queries
from checkin.clusters.shared import Stay
from checkin.joins import queries as joins
from checkin.lent import for_case
from checkin.movements import queries as movements
from checkin.movements.merging import Move, together
from checkin.scope import CDC, SYSTEM


def known_stays(session: Session, since: datetime, disease: str | None = None, venue: UUID | None = None) -> list[Stay]:
    """Stays of cases since then at venues where several of one disease can have been, each person as the one they are;
    of one disease and venue where they are given."""
    shared = queries.stays_shared(session, since, disease, venue)
    cases = queries.counted(session, disease)
    if not cases:
        return shared
    # The walls want one case: of those that are compared one is as good as another.
    with for_case(session, cases[0].id, CDC, SYSTEM.role):
        people = joins.groups_of(session, {case.person_id for case in cases})
        main = {member: group.main for group in people.values() for member in group.members}
        told: defaultdict[UUID, list[Move]] = defaultdict(list)
        for move in movements.since(session, since, venue):
            told[main.get(move.person_id, move.person_id)].append(move)
        apart = [case for case in cases if len(people[case.person_id].members) > 1 or main[case.person_id] in told]
        if not apart:
            return shared
        own: defaultdict[int, list[Stay]] = defaultdict(list)
        for stay in queries.stays_of(session, [case.id for case in apart], since, venue):
            own[stay.seq].append(stay)
        theirs = [
            stay for case in apart for stay in _with_told(case, own[case.seq], told.get(main[case.person_id], ()))
        ]
        places = sorted({(stay.disease, stay.venue_id) for stay in theirs})
        beside = queries.stays_at(session, places, since)
    first: dict[tuple[str, UUID], int] = {}
    who = {case.seq: first.setdefault((case.disease, main[case.person_id]), case.seq) for case in cases}
    numbers, at = {case.seq for case in apart}, set(places)
    elsewhere = [stay for stay in shared if (stay.disease, stay.venue_id) not in at]
    found = [stay for stay in (*elsewhere, *beside) if stay.seq not in numbers]
    return [stay._replace(who=who[stay.seq]) for stay in (*found, *theirs) if stay.seq in who]


def _with_told(case: queries.Counted, visits: Iterable[Stay], moves: Iterable[Move]) -> list[Stay]:
    """The stays of a case with what its person told, which overrides guessed ends."""
    found = []
    for time in together(visits, moves):
        if time.move is None and time.visit is not None:
            found.append(time.visit)
            continue
        zone_id = time.visit.zone_id if time.visit else None
        found.append(Stay(case.disease, time.venue_id, time.start, time.end, True, zone_id, case.seq, case.seq, True))
    return found
