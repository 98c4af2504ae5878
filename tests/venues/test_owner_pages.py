"""An owner's pages: numbers without names, zones, closing and opening, and whose anything is."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.venues import queries, service
from checkin.venues.models import Code, Venue
from checkin.visits import service as visits
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import codes_on, press, register
from tests.worlds import inside, vault_of


@pytest.fixture
def shop(world, client):
    """The page of Bình's first venue."""
    return register(client).location


def actions(world):
    with inside(world.app()):
        return db.session().scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()


def scan(world, code):
    # What a door stands for is remembered for a while; another process would ask again.
    queries.known_door.forget()
    return world.app().test_client().get(f"/v/{code}")


def test_a_closed_venue_says_so_keeps_its_history_and_opens_again_with_its_codes(world, client, shop):
    (code,) = codes_on(client.get(shop).text)
    press(client, shop, f"{shop}/close")
    answer = scan(world, code)
    assert answer.status_code == 410 and "đã đóng cửa" in answer.text and "Quán phở Bình" in answer.text
    assert "Đã đóng" in client.get("/venues/").text
    press(client, shop, f"{shop}/close")
    press(client, shop, f"{shop}/reopen")
    press(client, shop, f"{shop}/reopen")
    assert scan(world, code).status_code == 200
    assert [action for action in actions(world) if "close" in action or "open" in action] == [
        "venue.close",
        "venue.reopen",
    ]


def test_closing_and_opening_again_lifts_no_suspension(world, client, shop):
    (code,) = codes_on(client.get(shop).text)
    with clock.fixed(NOW), inside(world.app()):
        session = db.session()
        officer = factories.account(session, vault_of(world.app()), "cdc", cast.CDC)
        factories.set_owner(session, officer)
        venue_id = session.scalar(sa.select(Venue.id))
        service.suspend(session, now=NOW, actor=officer.actor, venue_id=venue_id, reason="Ca bệnh tại bếp")
        factories.commit()
    assert "Ca bệnh tại bếp" in client.get(shop).text
    press(client, shop, f"{shop}/close")
    press(client, shop, f"{shop}/reopen")
    answer = scan(world, code)
    assert answer.status_code == 410 and "tạm ngừng đón khách" in answer.text and "bếp" not in answer.text


def zone(client, shop, name, kind="door"):
    return press(client, shop, f"{shop}/zones", zone=name, zone_kind=kind)


def test_a_visit_to_a_zone_counts_for_the_venue_and_a_zone_that_is_removed_keeps_its_visits(world, client, shop):
    zone(client, shop, "Cửa sau")
    _, code = codes_on(client.get(shop).text)
    visitor = world.app().test_client()
    visitor.post(f"/v/{code}", data=cast.form(submission=factories.submission(visitor, code)))
    numbers = client.get(f"{shop}/numbers").text
    assert "<b>1</b><span>lượt vào hôm nay" in numbers and "<b>≈ 1</b><span>đang ở trong" in numbers
    assert "Cửa sau" in numbers and "Tuyết" not in numbers
    page = client.get(shop).text
    assert "hôm nay 1" in page and "Cửa</" not in page.split('id="zones"')[0]
    zone_id = page.split("/remove")[0].split("/zones/")[-1]
    press(client, shop, f"{shop}/zones/{zone_id}/remove")
    assert scan(world, code).status_code == 410
    assert press(client, shop, f"{shop}/zones/{zone_id}/remove").status_code == 404
    assert "<b>1</b><span>lượt vào hôm nay" in client.get(f"{shop}/numbers").text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"zone": ""}, "Cần điền mục này."),
        ({"zone": "😀"}, "Ghi tên bằng chữ hoặc số."),
        ({"zone": "x" * 101}, "Dài quá"),
        ({"zone": "Tầng 2", "zone_kind": "cellar"}, "Chọn một mục trong danh sách."),
    ],
)
def test_it_rejects_a_zone_that_cannot_be(client, shop, fields, why):
    answer = press(client, shop, f"{shop}/zones", **fields)
    assert answer.status_code == 422 and why in answer.text


def test_there_is_an_end_to_zones(client, shop, monkeypatch):
    monkeypatch.setattr(service, "MOST_ZONES", 2)
    zone(client, shop, "Bàn 1", "table")
    zone(client, shop, "Bàn 2", "table")
    answer = zone(client, shop, "Bàn 3", "table")
    assert answer.status_code == 422 and "Đã có 2 khu vực" in answer.text


def test_who_is_inside_is_who_came_did_not_leave_and_has_not_stayed_longer_than_usual(world, client, shop):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        venue = session.scalars(sa.select(Venue)).one()
        hour = timedelta(hours=1)
        for number, at in enumerate((NOW - 2 * hour, NOW - hour / 2, NOW - hour / 4, NOW)):
            who = cast.Identity(
                full_name=f"Khách {number}", birth_year=1980, gender="male", phone=f"+8491234567{number}",
                province_id="22", commune_id=factories.HA_TU,
            )  # fmt: skip
            made = factories.check_in(app, session, vault, venue, cast.healthy(who), at=at)
        visits.leave(session, now=NOW, visit_id=made.visit_id, entered_at=made.entered_at, venue_id=venue.id)
        factories.commit()
    # Two hours ago: longer than the hour that a meal takes. A moment ago: left.
    assert "<b>≈ 2</b><span>đang ở trong" in client.get(f"{shop}/numbers").text
    assert "Đang ở trong <b>≈ 2</b>" in client.get("/venues/").text
    assert "60 phút ở nơi này" in client.get(f"{shop}/numbers").text


@pytest.mark.parametrize(
    ("channel", "word"),
    [
        ("own_phone", "tự quét áp phích"),
        ("card", "ghi tại quầy"),
        ("counter", "ghi tại quầy"),
        ("loaded", "từ sổ giấy"),
    ],
)
def test_each_visit_is_counted_under_the_way_in_which_it_was_recorded(world, client, shop, channel, word):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        venue = db.session.scalars(sa.select(Venue)).one()
        factories.check_in(app, db.session(), vault_of(app), venue)
        db.session.execute(sa.update(Visit).values(channel=channel))
        factories.commit()
    shown = client.get(f"{shop}/numbers").text
    assert f"<b>1</b><span>{word}</span>" in shown
    assert (
        sum(f"<b>1</b><span>{one}</span>" in shown for one in ("tự quét áp phích", "ghi tại quầy", "từ sổ giấy")) == 1
    )


def test_several_venues_are_listed_with_their_own_numbers_and_nobody_elses(world, client, shop):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        chi = factories.account(session, vault, "owner", cast.OUTSIDER)
        mine = session.scalars(sa.select(Venue)).one()
        theirs = factories.venue(session, vault, "Quán của Chi", owner=chi)
        for where in (mine, theirs, theirs):
            factories.check_in(app, session, vault, where, cast.healthy(cast.NEIGHBOUR), at=NOW)
        factories.commit()
    page = client.get("/venues/").text
    assert "Hôm nay <b>1</b>" in page and "Chi" not in page


def test_an_owner_who_did_everything_is_told_that_nothing_is_left(world, client, shop):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session = db.session()
        venue = session.scalars(sa.select(Venue)).one()
        venue.opens_at, venue.closes_at = "06:00", "22:00"
        factories.check_in(app, session, vault_of(app), venue, at=NOW)
        factories.commit()
    left = client.get(shop).text
    assert "Ký bản cam kết" in left and "chưa có lượt nào" not in left
    version = factories.hidden(client.get(f"{shop}/commitment").text, "version")
    press(client, f"{shop}/commitment", f"{shop}/commitment", version=version, signer="Bình", agree="y")
    assert "Ghi danh sách người làm việc" in client.get(shop).text
    lines = "Trần Văn Hưng;1971;0904 118 226;;7h;17h"
    press(client, f"{shop}/workers/paste", f"{shop}/workers/paste", rows=lines, save="1")
    assert "Không còn việc nào phải làm" in client.get(shop).text


def test_the_queries_of_the_list_do_not_grow_with_the_venues(world, client, shop):
    def asked():
        statements = []
        with inside(world.app()):
            engine = db.engine
        listen = lambda *call: statements.append(call[2])  # noqa: E731
        sa.event.listen(engine, "before_cursor_execute", listen)
        try:
            assert client.get("/venues/").status_code == 200
        finally:
            sa.event.remove(engine, "before_cursor_execute", listen)
        return len(statements)

    asked()
    few = asked()
    with clock.fixed(NOW), inside(world.app()):
        session = db.session()
        owner = session.scalars(sa.select(factories.Account)).one()
        for number in range(20):
            factories.venue(session, vault_of(world.app()), f"Chi nhánh {number}", owner=owner)
        assert session.scalar(sa.select(sa.func.count()).select_from(Code)) == 21
        factories.commit()
    assert asked() <= few + 1
