"""What a health station sees of its commune, and that its reading of names is on record before it."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.declarations import queries as declarations
from checkin.declarations.models import Declaration
from checkin.ids import new_id
from checkin.venues.models import Venue
from checkin.visits import service as visits
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

LONG = "Công ty trách nhiệm hữu hạn một thành viên Thương mại dịch vụ xuất nhập khẩu vận tải biển quốc tế Hạ Long"


def at_home(number, commune=factories.HA_TU, name="Người Thứ"):
    return cast.Identity(
        full_name=f"{name} {number}",
        birth_year=1950 + number % 50,
        gender="male",
        phone=f"+8491234{number:04d}",
        province_id="22",
        commune_id=commune,
        address="Tổ 5",
    )


@pytest.fixture
def station(world):
    """The station of Hà Tu, whose people were at a market of another commune, and a stranger at its own shop."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        shop = factories.venue(session, vault, "Cửa hàng Hà Tu", kind="shop", commune_id=factories.HA_TU)
        for who, where, at in (
            (cast.coughing(), market, NOW - timedelta(hours=1)),
            (cast.healthy(cast.NEIGHBOUR), market, NOW - timedelta(hours=1)),
            (cast.coughing(at_home(1, factories.HONG_GAI, "Khách Lạ")), shop, NOW - timedelta(hours=2)),
            (cast.coughing(at_home(2, name="Hôm Kia")), shop, NOW - timedelta(days=2)),
            (cast.coughing(at_home(3, name="Đã Lâu")), shop, NOW - timedelta(days=3, minutes=1)),
        ):
            factories.check_in(app, session, vault, where, who, at=at)
        session.commit()
        client = app.test_client()
        factories.sign_in(client, cast.COMMUNE)
        yield client


def test_a_station_sees_who_lives_there_and_needs_attention_newest_first(station):
    page = station.get("/station/").text
    assert page.index("Nguyễn Thị Ánh Tuyết") < page.index("Hôm Kia 2")
    assert page.count("Khai ở cửa</td>") == 0 and page.count("Khai ở cửa<small") == 2
    for words in ("Ho", "0912 345 678", "1985", "Chợ Hạ Long 1", "09:30", "Tổ 5"):
        assert words in page
    for stranger in ("Khách Lạ", "Trần Văn Hưng", "Đã Lâu"):
        assert stranger not in page


def test_each_reading_is_on_record_with_how_many_before_a_name_is_opened(station, monkeypatch):
    opened, heard = declarations.opened, []

    def note(session, vault, keys, *more):
        heard.append(_committed())
        return opened(session, vault, keys, *more)

    def _committed():
        with db.engine.connect() as other:
            return other.execute(sa.text("SELECT role, subject, rows FROM audit WHERE action = 'station.read'")).all()

    monkeypatch.setattr(declarations, "opened", note)
    station.get("/station/")
    station.get("/station/")
    assert heard == [[("commune", factories.HA_TU, 2)], [("commune", factories.HA_TU, 2)] * 2]


def test_where_it_cannot_be_put_on_record_no_name_is_opened(station, monkeypatch):
    from checkin.stations import service

    def broken(*_args, **_more):
        raise RuntimeError("no log")

    monkeypatch.setattr(service, "record_reading", broken)
    monkeypatch.setattr(declarations, "opened", lambda *_args: pytest.fail("opened"))
    with pytest.raises(RuntimeError, match="no log"):
        station.get("/station/")


def test_numbers_lead_to_the_list_behind_them(station):
    assert "Ánh Tuyết" in station.get("/station/?only=watch").text
    page = station.get("/station/?only=urgent").text
    assert "Ánh Tuyết" not in page and "Không có tờ khai nào như vậy" in page


@pytest.mark.parametrize(
    "query",
    ["only=x", "show=x", "kind=x", "page=x", "page=0", "page=-1", "page=2", "page=99999999999999999999", "page="],
)
def test_an_address_that_means_nothing_is_no_page(station, query):
    assert station.get(f"/station/?{query}").status_code == 404
    assert station.get("/station/venues?after=x").status_code == 404


def test_the_list_is_read_page_by_page_without_a_gap(station, world):
    app = world.app()
    session, vault = db.session(), vault_of(app)
    market = factories.venue(session, vault, LONG, kind="market")
    for number in range(103):
        # Several at the very same moment: the key has an end for them too.
        factories.check_in(
            app, session, vault, market, cast.coughing(at_home(number + 10)), at=NOW - timedelta(minutes=number // 4)
        )
    session.commit()
    seen, address = [], "/station/"
    while address:
        page = station.get(address).text
        rows = page.count('<th scope="row"')
        seen.append(rows)
        found = page.rsplit('rel="next"', 1)[0].rsplit('href="', 1)[1].split('"')[0] if 'rel="next"' in page else None
        address = found.replace("&amp;", "&") if found else None
    assert seen == [50, 50, 5]


def test_a_station_without_anybody_to_call_is_told_so(world):
    app = world.app()
    with clock.fixed(NOW), inside(app):
        factories.account(db.session(), vault_of(app), "commune", cast.COMMUNE, factories.HONG_GAI)
        factories.commit()
        client = app.test_client()
        factories.sign_in(client, cast.COMMUNE)
        assert "Không có ai cần gọi" in client.get("/station/").text
        assert "Chưa có địa điểm nào" in client.get("/station/venues").text
        logged = db.session.scalars(sa.select(AuditEntry.action)).all()
    assert "station.read" not in logged


def test_venues_are_those_of_the_commune_with_todays_numbers(station):
    page = station.get("/station/venues").text
    assert "Cửa hàng Hà Tu" in page and "Chợ Hạ Long 1" not in page
    row = page.split('<th scope="row"')[1]
    assert '<td class="n" data-label="Hôm nay">1</td>' in row
    assert "Khách Lạ" not in page


def test_a_foreign_venue_is_no_place_to_go_on_from(station):
    foreign = db.session.scalar(sa.text("SELECT id FROM venue WHERE commune_id = :c"), {"c": factories.HONG_GAI})
    assert station.get(f"/station/venues?after={foreign}").status_code == 404


def test_the_first_page_after_signing_in_is_the_list(station):
    assert station.get("/").location == "/station/"


def corrected(world, where, *words, at=NOW):
    """What somebody says on one form, so many minutes after the first: ((minutes, answers), ...)."""
    app, session, submission = world.app(), db.session(), new_id(at)
    market = session.scalars(sa.select(Venue).where(Venue.name == where)).one()
    for minutes, told in words:
        moment = at + timedelta(minutes=minutes)
        visits.check_in(
            session, vault_of(app), now=moment, rules=factories.rules(app, moment), door=factories.door(session, market),
            told=told, submission_id=submission, device=b"d" * 16,
        )  # fmt: skip
    session.commit()


def test_what_was_corrected_at_once_stays_in_the_list_with_what_became_of_it(station, world):
    who = at_home(7, name="Sửa Lại")
    corrected(world, "Chợ Hạ Long 1", (0, cast.coughing(who)), (2, cast.healthy(who)))
    page = station.get("/station/").text
    row = page[page.index("Sửa Lại 7") :].split("</tr>")[0]
    assert "sửa sau 2 phút: không có dấu hiệu, nguy cơ" in row
    # Where they were is not lost with it.
    assert "Chợ Hạ Long 1" in row and "10:30" in row
    call = db.session.scalar(sa.select(Declaration.id).where(Declaration.made_at == NOW))
    one = station.get(f"/station/people/{call}").text
    assert "sửa sau 2 phút: không có dấu hiệu, nguy cơ" in one and "Chợ Hạ Long 1" in one
    # And after somebody did something about them.
    token = factories.hidden(one, "csrf_token")
    station.post(f"/station/people/{call}/take", data={"csrf_token": token, "seen": "0"})
    assert "sửa sau 2 phút: không có dấu hiệu, nguy cơ" in station.get("/station/").text


def test_who_corrects_to_a_yes_appears_at_once_and_a_mind_changed_again_is_told(station, world):
    who = at_home(8, name="Sửa Lại")
    corrected(world, "Chợ Hạ Long 1", (0, cast.healthy(who)), (1, cast.coughing(who)))
    row = station.get("/station/").text.split("Sửa Lại 8")[1].split("</tr>")[0]
    assert "sửa sau" not in row and "Chợ Hạ Long 1" in row
    other = at_home(9, name="Sửa Mãi")
    corrected(
        world, "Chợ Hạ Long 1", (0, cast.coughing(other)), (1, cast.healthy(other)), (3, cast.coughing(other)), at=NOW
    )
    rows = [row.split("</tr>")[0] for row in station.get("/station/").text.split("Sửa Mãi 9")[1:]]
    assert len(rows) == 2 and "sửa sau" not in rows[0] and "sửa sau 3 phút: Ho" in rows[1]


def test_a_phone_set_right_with_the_answers_is_told_beside_the_first_one_too(station, world):
    """With another phone the store takes them for another person; the station must not go on calling the wrong one."""
    who = at_home(7, name="Sửa Số")
    right = replace(who, phone="+84987654321")
    corrected(world, "Chợ Hạ Long 1", (0, cast.coughing(who)), (2, cast.healthy(right)))
    row = station.get("/station/").text.split("Sửa Số 7")[1].split("</tr>")[0]
    assert "sửa sau 2 phút: không có dấu hiệu, nguy cơ" in row and "Chợ Hạ Long 1" in row


def test_what_was_declared_anew_later_is_no_correction(station, world):
    who = at_home(7, name="Sửa Lại")
    corrected(world, "Chợ Hạ Long 1", (0, cast.coughing(who)), (6, cast.healthy(who)))
    assert "sửa sau" not in station.get("/station/").text
