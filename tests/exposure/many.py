"""More people than the check-in makes in a test's time, written straight into the tables."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from checkin.declarations import service as declarations
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.people import service as people
from checkin.people.identity import indexes
from checkin.people.models import Person
from checkin.venues.models import Venue
from checkin.visits import service as visits
from checkin.visits.models import Visit
from checkin.visits.stays import Guess
from tests import cast, factories
from tests.conftest import NOW

BATCH = 2000


def visitor(number: int, name: str = "Người Thứ") -> cast.Identity:
    """Somebody of the crowd."""
    return cast.Identity(
        full_name=f"{name} {number}",
        birth_year=1950 + number % 60,
        gender="male",
        phone=f"+849{number:08d}",
        province_id="22",
        commune_id="06652",
        address=f"Số {number}, đường Trần Phú",
    )


def crowd(
    app: Any, session: Any, vault: Any, venue: Venue, count: int, *, name: str = "Người Thứ", at: Any = NOW
) -> None:
    """So many people at the venue, one visit each in the two hours before, with a declaration each."""
    rules = factories.rules(app, at)
    for start in range(0, count, BATCH):
        rows: dict[Any, list[dict[str, Any]]] = {Person: [], Declaration: [], Visit: []}
        for number in range(start, min(start + BATCH, count)):
            who, entered = visitor(number, name), at - timedelta(minutes=1 + number % 119)
            person_id, declaration_id = new_id(entered), new_id(entered)
            told = indexes(vault, full_name=who.full_name, birth_year=who.birth_year, id_number="", phone=who.phone)
            rows[Person].append(
                people.row(person_id=person_id, told=told, same_as=None, commune_id=who.commune_id, now=entered)
            )
            rows[Declaration].append(
                declarations.row(
                    vault,
                    declaration_id=declaration_id,
                    made_at=entered,
                    person_id=person_id,
                    rules=rules,
                    told=cast.healthy(who),
                )  # fmt: skip
            )
            rows[Visit].append(
                visits.row(
                    visit_id=new_id(entered),
                    entered_at=entered,
                    venue_id=venue.id,
                    zone_id=None,
                    person_id=person_id,
                    declaration=(declaration_id, entered),
                    guess=Guess(entered + timedelta(minutes=45), entered + timedelta(hours=3)),
                    channel="own_phone",
                    device=None,
                    group_id=None,
                    full_name=who.full_name,
                )  # fmt: skip
            )
        for table, found in rows.items():
            session.execute(sa.insert(table.__table__), found)
    session.flush()
