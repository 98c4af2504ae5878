"""A device stands at one door of its venue: what it records is of that door, as if the door's own code was scanned."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry, AuditWaiting
from checkin.db import db
from checkin.desk import service
from checkin.desk.models import DeskLink
from checkin.errors import AccessDenied
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.venues.models import Venue
from tests import cast, factories
from tests.desk.conftest import counter_of
from tests.worlds import inside, vault_of

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def doors(world, counter):
    """The ids of two doors of Bình's supermarket, by name."""
    with inside(world.app()):
        session = db.session()
        venue = session.get_one(Venue, counter.venue_id)
        owner = session.get_one(Account, venue.owner_id)
        made = {
            name: venues.add_zone(session, now=clock.now(), actor=owner.actor, venue=venue, name=name, kind="door").id
            for name in ("Cửa A", "Cửa B")
        }
        session.commit()
    return made


@pytest.fixture
def binh(world, counter):
    """Bình's browser, signed in."""
    browser = world.app("public").test_client()
    factories.sign_in(browser, cast.OWNER)
    return browser


def put(binh, counter, zone_id):
    """Bình puts the device at a door, or at the whole venue."""
    with inside(counter.world.app()):
        link = db.session.scalars(sa.select(DeskLink)).one().id
    page = f"/venues/{counter.venue_id}/desk"
    data = {"zone": str(zone_id or ""), "csrf_token": factories.token(binh, page)}
    return binh.post(f"{page}/{link}/move", data=data)


def retire(counter, zone_id):
    with inside(counter.world.app()):
        session = db.session()
        venue = session.get_one(Venue, counter.venue_id)
        owner = session.get_one(Account, venue.owner_id)
        venues.remove_zone(session, now=clock.now(), actor=owner.actor, venue=venue, zone_id=zone_id)
        session.commit()


def zones_of(counter):
    return [visit.zone_id for visit in counter.visits()]


@both
def test_a_device_at_a_door_records_for_that_door_and_says_where_it_stands(counter, doors, binh):
    assert "Cửa A" not in counter.browser.get("/desk/").text
    assert put(binh, counter, doors["Cửa A"]).status_code == 302
    page = counter.browser.get("/desk/").text
    assert "Máy đứng ở:" in page and "Cửa A</b>" in page and f'data-door="{doors["Cửa A"]}"' in page
    counter.scan(cast.CCCD)
    assert zones_of(counter) == [doors["Cửa A"]]
    assert "Cửa A" in counter.browser.get("/desk/person").text
    fields = cast.form(full_name="Đỗ Thị Bé", birth_year="1938", phone="")
    assert counter.send("/desk/person", **fields).status_code == 200
    assert zones_of(counter) == [doors["Cửa A"]] * 2
    assert counter.browser.get("/desk/").text.count('<small lang="vi">Cửa A</small>') == 2


@both
def test_the_door_is_chosen_with_the_link_and_the_device_is_told_before_it_joins(world, counter, doors, binh):
    page = f"/venues/{counter.venue_id}/desk"
    data = {"name": "Bảo vệ B", "zone": str(doors["Cửa B"]), "csrf_token": factories.token(binh, page)}
    assert binh.post(page, data=data).status_code == 302
    shown = binh.get(page).text
    code = shown.split('class="code" translate="no">')[1].split("<")[0]
    browser = world.app("public").test_client()
    browser.get(f"/desk/link/{code.replace('-', '')}")
    asked = browser.get("/desk/link/confirm").text
    assert "Cửa B</b>" in asked
    browser.post("/desk/link/confirm", data={"csrf_token": factories.hidden(asked, "csrf_token")})
    assert "Cửa B</b>" in browser.get("/desk/").text


@both
def test_a_person_at_two_doors_is_two_visits_and_has_left_the_first(counter, doors, binh):
    put(binh, counter, doors["Cửa A"])
    counter.scan(cast.CCCD)
    counter.scan(cast.CCCD)
    put(binh, counter, doors["Cửa B"])
    counter.scan(cast.CCCD)
    first, second = counter.visits()
    assert [first.zone_id, second.zone_id] == [doors["Cửa A"], doors["Cửa B"]]
    assert first.end_set_by == "elsewhere" and first.left_at is None
    assert first.until_latest <= second.entered_at < second.until_likely


@both
def test_who_came_to_the_whole_place_has_not_left_it_by_going_through_a_door(counter, doors, binh):
    counter.scan(cast.CCCD)
    put(binh, counter, doors["Cửa A"])
    counter.scan(cast.CCCD)
    first, second = counter.visits()
    assert first.zone_id is None and first.end_set_by == "guessed" and first.until_likely > clock.now()
    assert second.zone_id == doors["Cửa A"]


@both
def test_a_phone_at_the_door_and_a_card_at_the_same_door_are_one_visit(world, counter, doors, binh):
    app = world.app()
    with inside(app):
        session = db.session()
        venue = session.get_one(Venue, counter.venue_id)
        door = next(d for d in venue_queries.doors_of(session, venue.id) if d.zone_id == doors["Cửa A"])
        told = cast.healthy()
        from checkin.ids import new_id
        from checkin.visits import service as visits

        values = {"rules": factories.rules(app), "door": door, "told": told, "device": None}
        visits.check_in(session, vault_of(app), now=clock.now(), submission_id=new_id(clock.now()), **values)
        session.commit()
    put(binh, counter, doors["Cửa A"])
    assert "vẫn là một lượt" in counter.scan(cast.CCCD).text
    assert zones_of(counter) == [doors["Cửa A"]]


@both
def test_what_was_recorded_without_network_keeps_the_door_it_was_made_at(counter, doors, binh):
    put(binh, counter, doors["Cửa B"])
    earlier = str(int((clock.now() - timedelta(hours=3)).timestamp() * 1000))
    counter.scan(cast.CCCD, door=str(doors["Cửa A"]), at=earlier)
    counter.scan(cast.CCCD_MAN, door="whole", at=earlier)
    assert {visit.masked_name: visit.zone_id for visit in counter.visits()} == {
        "Nguyễn T. Á. T.": doors["Cửa A"],
        "Trần V. H.": None,
    }
    # Also once that door is out of use.
    retire(counter, doors["Cửa A"])
    answer = counter.scan(cast.CCCD, door=str(doors["Cửa A"]), at=str(int(earlier) - 20 * 3_600_000))
    assert answer.status_code == 200 and zones_of(counter)[0] == doors["Cửa A"]


@both
def test_what_is_sent_late_shortens_no_stay_at_another_door(counter, doors, binh):
    put(binh, counter, doors["Cửa A"])
    counter.scan(cast.CCCD)
    likely = counter.visits()[0].until_likely
    at = str(int((clock.now() + timedelta(seconds=1) - timedelta(minutes=2)).timestamp() * 1000))
    counter.scan(cast.CCCD, door=str(doors["Cửa B"]), at=at)
    assert {visit.until_likely for visit in counter.visits() if visit.zone_id == doors["Cửa A"]} == {likely}


@both
def test_what_is_sent_a_moment_late_ends_nothing_that_began_after_it(counter, doors, binh):
    put(binh, counter, doors["Cửa A"])
    counter.scan(cast.CCCD)
    (before,) = counter.visits()
    at = str(int((clock.now() - timedelta(seconds=30)).timestamp() * 1000))
    assert counter.scan(cast.CCCD, door=str(doors["Cửa B"]), at=at).status_code == 200
    late, after = counter.visits()
    assert (late.zone_id, after.zone_id) == (doors["Cửa B"], doors["Cửa A"])
    assert late.entered_at < after.entered_at and after.end_set_by == "guessed"
    assert (after.until_likely, after.until_latest) == (before.until_likely, before.until_latest)


def test_a_door_that_is_none_of_this_venue_is_refused(world, counter, doors):
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        theirs = factories.venue(session, vault, "Quán của Chi", owner=chi)
        other = venues.add_zone(session, now=clock.now(), actor=chi.actor, venue=theirs, name="Tầng 2").id
        session.commit()
    for door in (str(other), "0" * 8 + "-0000-4000-8000-" + "0" * 12, "x", "wholly", "x" * 5000):
        assert counter.scan(cast.CCCD, door=door).status_code == 422
    assert counter.visits() == []


@both
def test_a_door_that_is_out_of_use_is_said_and_the_venue_recorded(counter, doors, binh):
    put(binh, counter, doors["Cửa A"])
    retire(counter, doors["Cửa A"])
    assert "“Cửa A” đã bỏ" in counter.browser.get("/desk/").text
    assert "“Cửa A” đã bỏ" in binh.get(f"/venues/{counter.venue_id}/desk").text
    counter.scan(cast.CCCD)
    assert zones_of(counter) == [None]
    assert put(binh, counter, doors["Cửa A"]).status_code == 302
    assert "Chọn chỗ khác" in binh.get(f"/venues/{counter.venue_id}/desk").text


@both
def test_only_the_owner_moves_a_device_and_only_to_a_door_of_the_venue(world, counter, doors, binh):
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        theirs = factories.venue(session, vault, "Quán của Chi", owner=chi)
        other = venues.add_zone(session, now=clock.now(), actor=chi.actor, venue=theirs, name="Tầng 2").id
        venue, link = session.get_one(Venue, counter.venue_id), session.scalars(sa.select(DeskLink)).one()
        binh_actor = session.get_one(Account, venue.owner_id).actor
        values = {"now": clock.now(), "link_id": link.id}
        for wrong in (
            {"actor": chi.actor, "venue": venue, "zone_id": doors["Cửa A"]},
            {"actor": chi.actor, "venue": theirs, "zone_id": other},
            {"actor": binh_actor, "venue": venue, "zone_id": other},
        ):
            with pytest.raises(AccessDenied):
                service.move(session, **values, **wrong)
        with pytest.raises(AccessDenied):
            service.make(session, vault, now=clock.now(), actor=binh_actor, venue=venue, name="x", zone_id=other)
        session.commit()
    assert put(binh, counter, other).status_code == 302
    with inside(world.app()):
        assert db.session.scalars(sa.select(DeskLink)).one().zone_id is None
    put(binh, counter, doors["Cửa A"])
    put(binh, counter, doors["Cửa A"])
    with inside(world.app()):
        moved = [
            entry
            for table in (AuditEntry, AuditWaiting)
            for entry in db.session.scalars(sa.select(table.action).where(table.action == "desk.move"))
        ]
    assert moved == ["desk.move"]


@both
def test_a_closed_venue_says_so_at_the_desk_and_takes_only_what_was_made_before(world, counter, binh):
    page = f"/venues/{counter.venue_id}"
    binh.post(f"{page}/close", data={"csrf_token": factories.token(binh, page)})
    shown = counter.browser.get("/desk/").text
    assert "Địa điểm đã đóng" in shown and 'name="card"' not in shown
    assert counter.browser.get("/desk/person").location == "/desk/"
    refused = counter.scan(cast.CCCD)
    assert refused.status_code == 422 and "Địa điểm đã đóng" in refused.text and counter.visits() == []
    before = str(int((clock.now() - timedelta(hours=1)).timestamp() * 1000))
    assert counter.scan(cast.CCCD, at=before).status_code == 200 and len(counter.visits()) == 1
    binh.post(f"{page}/reopen", data={"csrf_token": factories.token(binh, page)})
    assert 'name="card"' in counter.browser.get("/desk/").text
    assert counter.scan(cast.CCCD_MAN).status_code == 200


def test_a_device_of_before_that_names_no_door_records_where_it_stands(counter, doors, binh):
    put(binh, counter, doors["Cửa B"])
    counter.scan(cast.CCCD, door="")
    assert zones_of(counter) == [doors["Cửa B"]]


def test_a_second_device_elsewhere_is_its_own(world, counter, doors, binh):
    put(binh, counter, doors["Cửa A"])
    with inside(world.app()):
        second = counter_of(world, db.session.get_one(Venue, counter.venue_id), clock.now())
    counter.scan(cast.CCCD)
    second.scan(cast.CCCD_MAN)
    assert zones_of(counter) == [doors["Cửa A"], None]
