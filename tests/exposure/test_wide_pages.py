"""The pages of lookups of several places: added one by one, each day's hours, both of two places, asked again, how many."""

import csv
import io
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.exposure.models import Lookup
from checkin.ids import new_id
from checkin.visits import service as visits
from tests import cast, factories
from tests.accounts.pages import later
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)
TUYET, HUNG = cast.CITIZEN.full_name, cast.NEIGHBOUR.full_name


@pytest.fixture
def world(sqlite):
    """What is asked of the store is tried on both databases elsewhere."""
    return sqlite


@pytest.fixture
def officer(world, client):
    """The CDC officer, signed in; a market with Tuyết, a station where she and Hưng were, and a case."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        station = factories.venue(session, vault, "Bến xe Bãi Cháy", kind="station", address="Số 7, đường Lê Lợi")
        factories.check_in(app, session, vault, market, at=NOW - 2 * HOUR)
        factories.check_in(app, session, vault, station, at=NOW - 26 * HOUR)
        factories.check_in(app, session, vault, station, cast.healthy(cast.NEIGHBOUR), at=NOW - 2 * HOUR)
        factories.case(session)
        factories.commit()
    factories.sign_in(client, cast.CDC)
    return client


def at(moment):
    return clock.to_local(moment).strftime("%Y-%m-%dT%H:%M")


def ask(officer, **changes):
    fields = {
        "case": "F0-0001", "reason": "Truy vết", "csrf_token": factories.token(officer, "/lookup/"),
        "venue": "cho ha long 1", "start": at(NOW - 3 * HOUR), "end": at(NOW), **changes,
    }  # fmt: skip
    return officer.post("/lookup/place", data={name: value for name, value in fields.items() if value is not None})


def listed(html):
    return [
        re.sub(r"<.*", "", one, flags=re.S).strip() for one in re.findall(r'class="lead words">(.*?)</tr>', html, re.S)
    ]


def chosen(html):
    return re.findall(r'name="more" value="(\w+)" checked', html)


def test_places_are_added_one_by_one_and_looked_up_together(officer, world):
    first = ask(officer, add="1")
    assert first.status_code == 200 and len(chosen(first.text)) == 1 and "Chợ Hạ Long 1, " in first.text
    assert 'value="Truy vết"' in first.text
    second = ask(officer, add="1", venue="le loi bai chay", more=chosen(first.text))
    assert len(codes := chosen(second.text)) == 2
    again = ask(officer, add="1", more=codes)
    assert chosen(again.text) == codes  # the same place is one place
    answer = ask(officer, venue="", more=codes)
    html = officer.get(answer.location).text
    assert sorted(listed(html)) == sorted([TUYET, HUNG])
    assert "Chợ Hạ Long 1 và 1 nơi nữa" in html and "<li>Bến xe Bãi Cháy</li>" in html
    with inside(world.app()):
        entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "lookup.place")).one()
        assert len(entry.detail["more"]) == 1
    of = re.search(r'href="(/lookup/\?of=[^"]*)"', html)[1]
    refilled = officer.get(of).text
    assert len(chosen(refilled)) == 1 and 'value="Truy vết"' in refilled and 'value="F0-0001" selected' in refilled


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"add": "1", "venue": ""}, "Ghi tên hoặc mã địa điểm"),
        ({"add": "1", "venue": "không có nơi này"}, "Không có địa điểm"),
        ({"more": ["x"] * 60}, "Nhiều nhất 50 địa điểm"),
        ({"other": "không có", "other_start": at(NOW - HOUR), "other_end": at(NOW)}, "Không có địa điểm"),
        ({"other": "ben xe"}, "Ghi ngày và giờ"),
        ({"other": "ben xe", "other_start": at(NOW), "other_end": at(NOW - HOUR)}, "trước giờ bắt đầu"),
        ({"other_start": at(NOW - HOUR)}, "Ghi tên hoặc mã của nơi thứ hai"),
        ({"headcount": "nhiều"}, "Ghi một số người"),
        ({"headcount": "-5"}, "Ghi một số người"),
        ({"headcount": "99999999"}, "Dài quá"),
        ({"other": "x" * 5000}, "Dài quá"),
        ({"daily": "y", "start": at(NOW - timedelta(days=25))}, "dài quá"),
    ],
)
def test_what_cannot_be_asked_is_said_beside_its_field_and_asks_nothing(officer, world, changes, says):
    answer = ask(officer, **changes)
    assert answer.status_code == 422 and says in answer.text
    with inside(world.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Lookup)) == 0


def test_a_second_place_of_a_name_that_fits_several_is_asked_for_by_code(officer, world):
    with inside(world.app()):
        for number in (2, 3):
            factories.venue(db.session(), vault_of(world.app()), f"Bến xe {number}", kind="station")
        factories.commit()
    answer = ask(officer, other="bến xe", other_start=at(NOW - HOUR), other_end=at(NOW))
    assert answer.status_code == 422 and "khớp với 3 địa điểm" in answer.text


def test_who_was_at_both_places_is_shown_with_the_minutes_at_each(officer):
    answer = ask(officer, other="ben xe bai chay", other_start=at(NOW - 27 * HOUR), other_end=at(NOW - 20 * HOUR))
    html = officer.get(answer.location).text
    assert listed(html) == [TUYET]
    assert "Cả ở Chợ Hạ Long 1 và ở Bến xe Bãi Cháy" in html and html.count("ở nơi thứ hai:") >= 2
    token = factories.token(officer, "/lookup/")
    lines = list(
        csv.reader(io.StringIO(officer.post(f"{answer.location}/export.csv", data={"csrf_token": token}).text))
    )
    assert len({len(line) for line in lines}) == 1 and lines[0][-1] == "Phút có thể ở nơi thứ hai"
    assert int(lines[1][-1]) > 0 and "Ở nơi thứ hai" in str(lines[-1])
    nobody = ask(officer, other="ben xe bai chay", other_start=at(NOW - HOUR / 4), other_end=at(NOW))
    assert TUYET not in officer.get(nobody.location).text


def test_the_same_hours_of_each_day_are_one_lookup_with_people_by_day_and_hour(officer):
    answer = ask(officer, venue="ben xe bai chay", start=at(NOW - 27 * HOUR), end=at(NOW - HOUR), daily="y")
    html = officer.get(answer.location).text
    assert sorted(listed(html)) == sorted([TUYET, HUNG])
    assert "mỗi ngày 07:30–09:30, từ 19/11/2026 đến 20/11/2026" in html
    assert "1 ngày" in html and "Người có mặt theo ngày và giờ" in html
    table = re.search(r'<table class="plain tight">(.*?)</table>', html, re.S)[1]
    sums = re.findall(r'<th scope="row">(.*?)</th>.*?<b>(\d+)</b></td></tr>', table, re.S)
    assert sums == [("19/11", "1"), ("20/11", "1")]
    drawn = re.search(r'<svg class="[^"]* grid".*?</svg>', html, re.S)[0]
    assert drawn.count("<rect") >= 2
    outside = ask(officer, venue="ben xe bai chay", start=at(NOW - 25 * HOUR), end=at(NOW - 24 * HOUR + HOUR / 2))
    assert officer.get(outside.location).status_code == 200


def test_how_large_a_part_the_list_is_is_said_where_somebody_wrote_how_many_were_there(officer):
    page = officer.get(ask(officer).location).text
    assert "Chưa ai ghi số khách thực tế" in page
    page = officer.get(ask(officer, headcount="4").location).text
    assert "Ước khoảng 25 % khách: 1 trong khoảng 4 người." in page
    both = ask(officer, venue="", kind="market", commune=factories.HONG_GAI, headcount="1")
    assert "Ước khoảng 100 % khách" in officer.get(both.location).text


def test_asked_again_who_came_since_is_marked_and_can_be_seen_alone(officer, world):
    first = ask(officer).location
    app = world.app()
    with later(minutes=5):
        with inside(app):
            session = db.session()
            market = session.scalars(sa.select(factories.Venue).where(factories.Venue.name == "Chợ Hạ Long 1")).one()
            visits.check_in(
                session, vault_of(app), now=NOW - 2 * HOUR, received_at=NOW + timedelta(minutes=2),
                rules=factories.rules(app), door=factories.door(session, market), told=cast.healthy(cast.NEIGHBOUR),
                submission_id=new_id(NOW), device=None,
            )  # fmt: skip
            factories.commit()
        token = factories.token(officer, "/lookup/")
        answer = officer.post(f"{first}/again", data={"csrf_token": token})
        html = officer.get(answer.location).text
        assert "Tra lại TC-000001" in html and "1 người mới" in html
        marked = dict.fromkeys(listed(html), False) | {
            name: "mới</span>" in row
            for row in re.findall(r'class="lead words">(.*?)</tr>', html, re.S)
            for name in (re.sub(r"<.*", "", row, flags=re.S).strip(),)
        }
        assert marked == {TUYET: False, HUNG: True}
        assert listed(officer.get(f"{answer.location}?only=new").text) == [HUNG]
        third = officer.post(f"{answer.location}/again", data={"csrf_token": token}).location
        assert "0 người mới" in officer.get(third).text and listed(officer.get(f"{third}?only=new").text) == []
    assert officer.get(f"{first}?only=new").status_code == 404
    assert officer.post(f"/lookup/{new_id(NOW)}/again", data={"csrf_token": token}).status_code == 404


def test_what_was_typed_into_a_lookup_comes_back_through_the_lock(officer):
    typed = {
        "venue": "Chợ Hạ Long <b>1",
        "reason": "Truy vết ca ở chợ",
        "daily": "y",
        "headcount": "120",
        "case": "F0-0001",
    }
    with later(minutes=30):
        locked = officer.post(
            "/lookup/place", data={**typed, "more": ["AAAA", "BBBB"], "csrf_token": factories.token(officer, "/unlock")}
        )
        kept = factories.hidden(locked.text, "kept")
        answer = officer.post(
            "/unlock", data={"kept": kept, "password": cast.CDC[1], "csrf_token": factories.token(officer, "/unlock")}
        )
        sent = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text)
        fields = [(name, value) for name, value in sent if name != "csrf_token"]
        assert ("reason", "Truy vết ca ở chợ") in fields and ("headcount", "120") in fields
        assert [value for name, value in fields if name == "more"] == ["AAAA", "BBBB"]
        back = officer.post(
            "/lookup/place",
            data={**dict(fields), "venue": "Chợ Hạ Long <b>1", "csrf_token": factories.token(officer, "/lookup/")},
        )
        assert back.status_code == 422 and 'value="Truy vết ca ở chợ"' in back.text and 'value="120"' in back.text
        assert 'name="daily" value="y" checked' in back.text


@pytest.mark.parametrize(("hours", "is_daily", "asked"), [(23, False, False), (25, False, True), (25, True, False)])
def test_several_places_over_more_hours_than_a_day_want_a_second_person(officer, hours, is_daily, asked):
    codes = chosen(ask(officer, venue="ben xe bai chay", add="1").text)
    start = at(NOW - hours * HOUR)
    answer = ask(officer, more=codes, start=start, daily="y" if is_daily else None)
    assert (officer.get(answer.location).status_code == 303) is asked
    alone = ask(officer, start=start)
    assert officer.get(alone.location).status_code == 200
