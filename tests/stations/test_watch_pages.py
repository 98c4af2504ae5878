"""Venues as a station and the CDC look after them: suspended with a reason, let go on, gone silent."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.venues import queries
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import press
from tests.worlds import inside, vault_of


@pytest.fixture
def town(world):
    """A shop in Hà Tu and a market in Hồng Gai, with their owner; the station of Hà Tu and the CDC."""
    app = world.app()
    with clock.fixed(NOW):
        yield _town(app)


def _town(app):
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        factories.account(session, vault, "cdc", cast.CDC)
        shop = factories.venue(session, vault, "Cửa hàng Hà Tu", owner=owner, commune_id=factories.HA_TU, kind="shop")
        market = factories.venue(session, vault, "Chợ Hạ Long 1", owner=owner, kind="market")
        for venue in (shop, market):
            venue.registered_at = NOW - timedelta(days=60)
        made = {
            "shop": str(shop.id), "market": str(market.id), "code": factories.code_of(session, shop),
        }  # fmt: skip
        factories.commit()
        return made


def browser(world, who):
    client = world.app().test_client()
    factories.sign_in(client, who)
    return client


def test_a_station_suspends_a_venue_the_code_says_so_kindly_and_its_owner_reads_why(world, town):
    station, page = browser(world, cast.COMMUNE), f"/watch/venues/{town['shop']}"
    shown = station.get(page).text
    assert "0203 3825 499" in shown and "chưa ký" in shown and "Không có lượt vào nào" in shown
    assert press(station, page, f"{page}/suspend", reason="Bếp có ca bệnh").status_code == 302
    scanned = world.app().test_client().get(f"/v/{town['code']}")
    assert scanned.status_code == 410 and "tạm ngừng đón khách" in scanned.text and "Bếp" not in scanned.text
    owner = browser(world, cast.OWNER)
    assert "Bếp có ca bệnh" in owner.get(f"/venues/{town['shop']}").text
    # Twice is told, not done.
    again = station.post(
        f"{page}/suspend", data={"reason": "x", "csrf_token": factories.token(station, page)}, follow_redirects=True
    )
    assert "Người khác vừa làm việc này rồi." in again.text
    press(station, page, f"{page}/lift", reason="Đã khử khuẩn")
    queries.known_door.forget()
    assert world.app().test_client().get(f"/v/{town['code']}").status_code == 200
    assert "Bếp" not in owner.get(f"/venues/{town['shop']}").text
    with inside(world.app()):
        logged = db.session().execute(
            sa.select(AuditEntry.action, AuditEntry.reason, AuditEntry.role)
            .order_by(AuditEntry.seq)
            .where(AuditEntry.action.like("watch.%"))
            .order_by(AuditEntry.seq)
        )
        assert logged.all() == [
            ("watch.suspend", "Bếp có ca bệnh", "commune"),
            ("watch.lift", "Đã khử khuẩn", "commune"),
        ]


def test_a_station_touches_no_venue_of_another_commune_and_the_cdc_every_one(world, town):
    station, officer = browser(world, cast.COMMUNE), browser(world, cast.CDC)
    page = f"/watch/venues/{town['market']}"
    assert station.get(page).status_code == 404
    token = factories.token(station, f"/watch/venues/{town['shop']}")
    assert station.post(f"{page}/suspend", data={"reason": "x", "csrf_token": token}).status_code == 404
    assert press(officer, page, f"{page}/suspend", reason="Ổ dịch").status_code == 302
    assert "Tạm ngừng" in officer.get("/watch/venues?q=cho ha long").text


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_a_suspension_needs_a_reason(world, town, reason):
    station, page = browser(world, cast.COMMUNE), f"/watch/venues/{town['shop']}"
    assert press(station, page, f"{page}/suspend", reason=reason).status_code == 422
    assert world.app().test_client().get(f"/v/{town['code']}").status_code == 200


def test_a_search_finds_names_without_accents_in_the_own_commune_alone(world, town):
    station, officer = browser(world, cast.COMMUNE), browser(world, cast.CDC)
    assert "Cửa hàng Hà Tu" in station.get("/watch/venues?q=cua hang").text
    assert "Chợ Hạ Long 1" not in station.get(f"/watch/venues?q=cho&commune={factories.HONG_GAI}").text
    assert "Chợ Hạ Long 1" in officer.get("/watch/venues?q=CHO+HA").text
    assert "Không có địa điểm nào" in officer.get("/watch/venues?q=%25%00").text
    assert officer.get("/watch/venues?commune=nowhere").status_code == 404
    assert officer.get(f"/watch/venues?q={'x' * 5000}").status_code == 200


def test_a_venue_that_stopped_is_listed_for_its_commune_and_for_the_cdc_that_asks(world, town):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        shop = session.get_one(Venue, UUID(town["shop"]))
        for ago in (8, 9, 10, 15, 16, 17):
            for number in range(3):
                who = cast.Identity(
                    full_name=f"Khách {number}", birth_year=1980, gender="male", phone=f"+8491234567{number}",
                    province_id="22", commune_id=factories.HONG_GAI,
                )  # fmt: skip
                factories.check_in(app, session, vault, shop, cast.healthy(who), at=NOW - timedelta(days=ago))
        factories.commit()
    station, officer = browser(world, cast.COMMUNE), browser(world, cast.CDC)
    for page in (
        station.get("/watch/").text,
        station.get(f"/watch/?commune={factories.HONG_GAI}").text,
        officer.get(f"/watch/?commune={factories.HA_TU}").text,
    ):
        assert "Cửa hàng Hà Tu" in page and "Ngừng hẳn" in page and "≈ 9" in page
        assert "Chợ Hạ Long 1" not in page and "Khách" not in page
    other = officer.get(f"/watch/?commune={factories.HONG_GAI}").text
    assert "Chợ Hạ Long 1" in other and "Chưa có lượt" in other
    assert "Chọn một xã, phường" in officer.get("/watch/").text


def test_others_find_no_such_page(world, town):
    with inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "command", cast.COMMAND)
        factories.commit()
    assert browser(world, cast.COMMAND).get("/watch/").status_code == 403
    assert browser(world, cast.OWNER).get(f"/watch/venues/{town['shop']}").status_code == 403
