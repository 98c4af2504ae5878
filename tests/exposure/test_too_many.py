"""A list that a workbook does not take: a page with the ways that are left, and nothing cut."""

import html
import itertools
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.exposure import jobs
from checkin.venues.models import Venue, Zone
from checkin.venues.service import issue_code
from tests import factories
from tests.conftest import NOW
from tests.exposure.test_pages import HOUR, ask, at, officer  # noqa: F401 a fixture
from tests.worlds import inside


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(jobs, "MOST_ROWS", 1)


def export(client, page, form):
    return client.post(f"{page}/export.{form}", data={"csrf_token": factories.token(client, "/lookup/")})


def parts_of(link):
    asked = parse_qs(urlsplit(link).query)
    assert asked["case"] == ["F0-0001"]
    return asked["start"][0], asked["end"][0]


def test_a_place_is_offered_by_day_and_by_zone(officer, world, small):  # noqa: F811
    with inside(world.app()):
        session = db.session()
        market = session.scalars(sa.select(Venue).where(Venue.name == "Chợ Hạ Long 1")).one()
        session.add(Zone(id=factories.new_id(NOW), venue_id=market.id, name="Khu hải sản", name_fold="khu hai san"))
        session.flush()
        zone = session.scalars(sa.select(Zone).where(Zone.venue_id == market.id)).one()
        issue_code(session, now=NOW, venue_id=market.id, zone_id=zone.id)
        factories.commit()
    page = ask(officer, start=at(NOW - 48 * HOUR)).location
    answer = export(officer, page, "xlsx")
    assert answer.status_code == 413
    assert "2 dòng, một tệp XLSX chứa nhiều nhất 1" in answer.text
    days = [html.unescape(link) for link in re.findall(r'href="(/lookup/\?[^"]*)"', answer.text)]
    *days, zone_link = days
    assert len(days) == 3 and "Khu hải sản</a>" in answer.text
    # Each leads to the form, filled with its part of the window: together they are all of it.
    parts = [parts_of(link) for link in days]
    assert (parts[0][0], parts[-1][1]) == parts_of(zone_link) == (at(NOW - 48 * HOUR), at(NOW))
    assert [(end[-5:], start[-5:]) for (_, end), (start, _) in itertools.pairwise(parts)] == [("23:59", "00:00")] * 2
    assert officer.get(days[0]).status_code == 200
    assert export(officer, page, "csv").text.count("\r\n") == 1 + 2 + 1


def test_the_visits_of_one_person_that_are_too_many_have_a_page_too(officer, monkeypatch):  # noqa: F811
    monkeypatch.setattr(jobs, "MOST_ROWS", 0)
    page = ask(officer, "person", phone="0912345678").location
    answer = export(officer, page, "xlsx")
    assert answer.status_code == 413
    assert "Danh sách quá dài cho XLSX" in answer.text and f"{page}/export.csv" in answer.text
    assert export(officer, page, "csv").status_code == 200


def test_one_file_says_who_made_it_when_and_for_which_case(officer):  # noqa: F811
    page = ask(officer).location
    end = export(officer, page, "csv").text.splitlines()[-1]
    for part in (
        "Nguồn",
        "TC-000001",
        "F0-0001",
        "Truy vết người tiếp xúc",
        "hanh@cdc",
        "Xuất lúc: 10:30 20/11/2026",
        "Số dòng: 2",
    ):
        assert part in end
