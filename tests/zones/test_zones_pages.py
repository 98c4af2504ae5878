"""Many zones at once: looked at, then saved with a code each; names that change; zones out of use."""

import threading

import psycopg
import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.accounts.models import Account
from checkin.audit.models import AuditEntry, AuditWaiting
from checkin.db import db
from checkin.errors import AccessDenied, DomainError
from checkin.venues import queries as venue_queries
from checkin.venues import service as venues
from checkin.venues.models import Code, Venue, Zone
from checkin.zones import queries, service
from tests import cast, factories
from tests.worlds import inside, vault_of

both = pytest.mark.parametrize("world", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@pytest.fixture
def school(world):
    """The id of Bình's school."""
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        binh = factories.account(session, vault, "owner", cast.OWNER)
        made = factories.venue(session, vault, "Trường THCS Kim Đồng", owner=binh, kind="school").id
        session.commit()
    return made


@pytest.fixture
def binh(world, school):
    browser = world.app("public").test_client()
    factories.sign_in(browser, cast.OWNER)
    return browser


def send(binh, school, names, kind="class", save=False):
    """Send the page of many zones; with `save`, after a look at them."""
    page = f"/venues/{school}/zones/many"
    data = {"names": names, "kind": kind, "csrf_token": factories.token(binh, page)}
    looked = binh.post(page, data=data)
    if not save:
        return looked
    seen = looked.text.split('name="save" value="')[1].split('"')[0]
    return binh.post(page, data={**data, "save": seen})


def zones(world, school):
    with inside(world.app()):
        return [(zone.name, zone.kind) for zone in queries.of_venue(db.session(), school)]


def actions(world):
    with inside(world.app()):
        return [
            (row.action, row.rows)
            for table in (AuditEntry, AuditWaiting)
            for row in db.session.execute(sa.select(table.action, table.rows).where(table.action.like("zone.%")))
        ]


@both
def test_thirty_classes_are_looked_at_and_saved_at_once_with_a_code_each(world, binh, school):
    looked = send(binh, school, "Lớp 6A1-6A8\n7A1-7A8\nPhòng tin học")
    assert (
        looked.status_code == 200
        and "Xem trước: 17 khu vực mới" in looked.text
        and ">Lớp 6A8<" in looked.text.replace("\n", "")
    )
    assert "Lớp 6A1-6A8\n7A1-7A8" in looked.text.replace("\r", "") and zones(world, school) == []
    saved = send(binh, school, "Lớp 6A1-6A8, 7A1-7A8\nPhòng tin học", save=True)
    assert saved.status_code == 303 and saved.location.endswith("#zones")
    found = zones(world, school)
    assert len(found) == 17 and found[0] == ("Lớp 6A1", "class") and found[-1] == ("Phòng tin học", "class")
    with inside(world.app()):
        codes = db.session.scalars(sa.select(Code.code).where(Code.zone_id.is_not(None))).all()
    assert len(set(codes)) == 17
    page = binh.get(f"/venues/{school}").text
    assert "Đã thêm 17 khu vực" in page and page.index(">Lớp 6A8<") < page.index(">Lớp 7A1<")
    assert world.app("public").test_client().get(f"/v/{codes[0]}").status_code == 200
    assert actions(world) == [("zone.add_many", 17)]


@both
def test_doubles_are_marked_and_left_out_and_sending_again_adds_nothing(world, binh, school):
    send(binh, school, "Bàn 1-3", save=True)
    looked = send(binh, school, "bàn 2-5, 4, Bạn 1")
    assert "Xem trước: 3 khu vực mới" in looked.text
    assert looked.text.count('class="double"') == 3 and "đã có" in looked.text and "ghi hai lần" in looked.text
    send(binh, school, "bàn 2-5, 4, Bạn 1", save=True)
    assert {name for name, _ in zones(world, school)} == {"Bàn 1", "Bạn 1", "Bàn 2", "Bàn 3", "bàn 4", "bàn 5"}
    again = send(binh, school, "Bàn 1-5")
    assert 'name="save"' not in again.text and "Xem trước: 0" in again.text
    assert len(zones(world, school)) == 6


def test_what_was_changed_after_it_was_looked_at_is_looked_at_again(world, binh, school):
    page = f"/venues/{school}/zones/many"
    looked = send(binh, school, "Bàn 1-3")
    seen = looked.text.split('name="save" value="')[1].split('"')[0]
    data = {"names": "Bàn 1-300", "kind": "class", "save": seen, "csrf_token": factories.token(binh, page)}
    assert "Xem trước: 300" in binh.post(page, data=data).text and zones(world, school) == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("", "Ghi tên, ví dụ"),
        (" \n , ;", "Ghi tên, ví dụ"),
        ("Bàn 1-301", "Nhiều nhất 300"),
        ("Bàn 1-999999", "Nhiều nhất 300"),
        ("x" * 20_001, "Nhiều nhất 300"),
        ("x" * 101, "Tên dài quá 100"),
        ("Cửa A\n---", "Tên cần có chữ hoặc số"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field_and_stays(binh, school, names, said):
    answer = send(binh, school, names)
    assert answer.status_code == 422 and said in answer.text
    assert names.strip()[:50] in answer.text.replace("\r", "")


def test_odd_input_is_no_error(binh, school):
    for names in (
        "\x00",
        "\u202e",
        "<script>alert(1)</script>",
        "=1+1",
        "Bàn 1-2\x00",
        "\ud800".encode("utf-8", "replace").decode(),
    ):
        answer = send(binh, school, names)
        assert answer.status_code in {200, 422} and "<script>alert" not in answer.text
    assert send(binh, school, "Bàn 1", kind="x").status_code == 422


def test_a_venue_holds_three_hundred_zones_and_says_how_many_there_are(world, binh, school):
    send(binh, school, "Lớp 1-290", save=True)
    answer = send(binh, school, "Phòng 1-11")
    assert answer.status_code == 422 and "nhiều nhất 300" in answer.text and "đã có 290" in answer.text
    assert send(binh, school, "Phòng 1-10", save=True).status_code == 303
    assert len(zones(world, school)) == 300
    assert binh.get(f"/venues/{school}").status_code == 200


@both
def test_two_tabs_that_save_the_same_list_at_once_make_it_once(world, school):
    app, ready = world.app(), threading.Barrier(3)

    def save():
        with inside(app):
            session = db.session()
            venue = session.get_one(Venue, school)
            actor = session.get_one(Account, venue.owner_id).actor
            session.rollback()
            ready.wait()
            service.add_many(
                session, now=clock.now(), actor=actor, venue=session.get_one(Venue, school), kind="table",
                names=[f"Bàn {n}" for n in range(1, 21)],
            )  # fmt: skip
            session.commit()

    threads = [threading.Thread(target=save) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(zones(world, school)) == 20


@both
def test_a_zone_gets_another_name_and_keeps_its_code_and_visits(world, binh, school):
    send(binh, school, "Lớp 6A1-6A2", save=True)
    with inside(world.app()):
        zone = queries.of_venue(db.session(), school)[0].id
        before = db.session.scalar(sa.select(Code.code).where(Code.zone_id == zone))
    page = f"/venues/{school}/zones/{zone}"
    token = factories.token(binh, page)
    double = binh.post(page, data={"name": "lớp  6a2", "kind": "class", "csrf_token": token})
    assert double.status_code == 422 and "Đã có khu vực khác mang tên này" in double.text and "lớp 6a2" in double.text
    assert binh.post(page, data={"name": "Lớp 6A Một", "kind": "hall", "csrf_token": token}).status_code == 303
    assert ("Lớp 6A Một", "hall") in zones(world, school)
    with inside(world.app()):
        assert db.session.scalar(sa.select(Code.code).where(Code.zone_id == zone)) == before
    assert "Lớp 6A Một" in world.app("public").test_client().get(f"/v/{before}").text
    assert binh.post(page, data={"name": "--", "kind": "hall", "csrf_token": token}).status_code == 422
    # What waits to be taken into the log has no order of its own.
    assert sorted(action for action, _ in actions(world)) == ["zone.add_many", "zone.rename"]


@both
def test_the_code_of_a_zone_out_of_use_says_so_and_one_that_was_replaced_says_that(world, binh, school):
    send(binh, school, "Lớp 6A1-6A2", save=True)
    with inside(world.app()):
        session = db.session()
        first, second = queries.of_venue(session, school)
        codes = {zone: session.scalar(sa.select(Code.code).where(Code.zone_id == zone.id)) for zone in (first, second)}
        gone, replaced, first_id = codes[first], codes[second], first.id
        owner = session.get_one(Account, session.get_one(Venue, school).owner_id)
        values = {"now": clock.now(), "actor": owner.actor}
        venues.remove_zone(session, venue=session.get_one(Venue, school), zone_id=first_id, **values)
        venues.reissue(session, code=replaced, **values)
        session.commit()
        venue_queries.known_door.forget()
    visitor = world.app("public").test_client()
    answer = visitor.get(f"/v/{gone}")
    assert answer.status_code == 410 and "Khu vực này không còn dùng" in answer.text and "Lớp 6A1" in answer.text
    assert "Mã này đã bị thu hồi" in visitor.get(f"/v/{replaced}").text
    assert binh.get(f"/venues/{school}/zones/{first_id}").status_code == 404
    # Its name is free again.
    assert "Xem trước: 1" in send(binh, school, "Lớp 6A1").text


def test_nobody_else_adds_or_renames(world, school):
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        venue = session.get_one(Venue, school)
        binh = session.get_one(Account, venue.owner_id)
        (zone,) = service.add_many(
            session, now=clock.now(), actor=binh.actor, venue=venue, kind="class", names=["Lớp 1"]
        )
        with pytest.raises(AccessDenied):
            service.add_many(session, now=clock.now(), actor=chi.actor, venue=venue, kind="class", names=["x"])
        with pytest.raises(AccessDenied):
            service.rename(
                session, now=clock.now(), actor=chi.actor, venue=venue, zone_id=zone.id, name="x", kind="area"
            )
        names = [str(number) for number in range(300)]
        with pytest.raises(DomainError):
            service.add_many(session, now=clock.now(), actor=binh.actor, venue=venue, kind="class", names=names)
        zone_id = zone.id
        session.commit()
    browser = world.app("public").test_client()
    factories.sign_in(browser, cast.OUTSIDER)
    for page in (f"/venues/{school}/zones/many", f"/venues/{school}/zones/{zone_id}"):
        assert browser.get(page).status_code == 404


@pytest.mark.postgresql
def test_the_public_role_renames_no_zone_of_another_owner(postgresql):
    app = postgresql.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        mine = factories.venue(session, vault, owner=binh)
        venues.add_zone(session, now=clock.now(), actor=binh.actor, venue=mine, name="Cửa A")
        session.commit()
        owners = {"binh": str(binh.id), "chi": str(chi.id)}
    with psycopg.connect(postgresql.urls["public"]) as connection:
        for who, touched in (("chi", 0), ("binh", 1)):
            connection.execute("SELECT set_config('checkin.owner', %s, true)", (owners[who],))
            assert connection.execute("UPDATE zone SET name = 'x'").rowcount == touched
            connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE zone SET venue_id = venue_id")
    with inside(app):
        assert db.session.scalar(sa.select(Zone.name)) == "Cửa A"
