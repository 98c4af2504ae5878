"""What joined people cost the list of a case: nothing where there are none, little where there are."""

import time

import pytest
import sqlalchemy as sa

from checkin.ids import new_id
from checkin.joins.models import joined
from checkin.people.models import Person
from checkin.visits.models import Visit
from tests.conftest import NOW
from tests.doubles.town import BASE, made


def seconds(work, times=12):
    """How long it takes, the best of some: one cannot be read in turn with the other, and a machine that does other work
    makes either longer, never shorter."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return min(took)


@pytest.mark.wide
@pytest.mark.long
def test_a_list_of_8000_people_is_hardly_slower_with_2000_of_them_joined(app, session, vault):
    town = made(app, session, vault)
    town.person()
    town.stay(0, 0, 0, 300, 300)
    people = [new_id(NOW) for _ in range(8000)]
    person = {"name_index": b"n", "id_index": b"", "phone_index": b"", "same_as": None, "commune_id": None}
    session.execute(sa.insert(Person.__table__), [person | {"id": one, "created_at": NOW} for one in people])
    (visit,) = session.execute(sa.select(*Visit.__table__.c)).mappings().all()
    rows = [dict(visit) | {"id": new_id(BASE), "person_id": one} for one in people for _ in range(2)]
    session.execute(sa.insert(Visit.__table__), rows)
    town.link(0)
    session.commit()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("ANALYZE"))
    page = town.page()
    assert page().total == 8000
    alone = seconds(page)
    pairs = list(zip(people[0:2000:2], people[1:2000:2], strict=True))
    session.execute(sa.insert(joined), [{"member_id": one, "main_id": min(pair)} for pair in pairs for one in pair])
    session.commit()
    page = town.page()
    assert page().total == 7000
    folded = seconds(page)
    print(f"a page alone {alone * 1000:.0f} ms, folded {folded * 1000:.0f} ms: {folded / alone:.2f}")  # noqa: T201
    assert folded < 2 * alone + 0.01
