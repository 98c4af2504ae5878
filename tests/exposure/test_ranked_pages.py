"""The list of a case with its reasons, cut to a part, given to be called as a whole; the same in files and as JSON."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from checkin import clock
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.exposure import downloads, followup, jobs, reasons
from checkin.venues import queries as venues
from checkin.venues.models import Code
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.test_case_pages import linked, look_up, post
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BESIDE, APART, ILL = "Trần Văn Hưng", "Lê Thị Mai", "Phạm Văn Ho"


def zone_of(session, market, name):
    zone = factories.venues.add_zone(session, now=NOW, actor=factories.SYSTEM, venue=market, name=name)
    code = sa.select(Code.code).where(Code.zone_id == zone.id)
    return venues.door(session, session.scalars(code).one())


def fill(app, session, vault):
    """A case among the fish from 8:00 to 9:00, Hưng beside it for 40 minutes, Mai among the vegetables, and somebody
    with a cough who came at the same moment as the case."""
    place = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
    fish, greens = (zone_of(session, place, name) for name in ("Khu hải sản", "Khu rau"))
    start = NOW - 3 * HOUR
    for zone, told, at, stayed in (
        (fish, cast.healthy(cast.CITIZEN), start, 60),
        (fish, cast.healthy(cast.NEIGHBOUR), start + 10 * MINUTE, 40),
        (greens, cast.healthy(_named(APART, "+84904118227")), start + 10 * MINUTE, 50),
        (greens, cast.coughing(_named(ILL, "+84904118228", birth_year=1950)), start, None),
    ):
        how = {"now": at, "rules": factories.rules(app, at), "door": zone, "told": told, "device": None}
        factories.visits.check_in(session, vault, submission_id=factories.new_id(at), **how)
        if stayed:
            until = at + stayed * MINUTE
            ended = sa.update(Visit).where(Visit.entered_at == at, Visit.zone_id == zone.zone_id)
            session.execute(ended.values(left_at=until, until_likely=until, until_latest=until))
    factories.case(session)


@pytest.fixture
def market(sqlite):
    """That market, and the CDC's officer."""
    app = sqlite.app()
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            factories.account(session, vault, "cdc", cast.CDC)
            fill(app, session, vault)
            factories.commit()
        yield app


def _named(name, phone, **more):
    return replace(cast.NEIGHBOUR, full_name=name, phone=phone, id_number=None, **more)


@pytest.fixture
def officer(market):
    client = market.test_client()
    factories.sign_in(client, cast.CDC)
    linked(client)
    return client


def names(html):
    return re.findall("|".join((BESIDE, APART, ILL)), re.sub(r'class="sr">[^<]*<', "", html))


def cut_to(officer, address, **parts):
    return officer.get(address, query_string=parts)


def test_the_nearest_to_the_case_come_first_each_with_the_reasons_in_plain_words(officer):
    html = officer.get(look_up(officer).location).text
    assert list(dict.fromkeys(names(html))) == [BESIDE, APART, ILL]
    line = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))
    assert "Cao 57 40 phút chắc chắn, cùng Khu hải sản, chợ" in line
    assert "Vừa 42 50 phút chắc chắn, chợ" in line
    assert "có thể đến 1 giờ" in line


def test_symptoms_before_the_case_was_met_say_that_they_may_be_its_source(officer):
    html = officer.get(look_up(officer).location).text
    assert html.count("có trước khi gặp ca: có thể là nguồn lây") == 1
    assert "76 tuổi" in html and "ho; có trước" in html


def test_a_part_is_chosen_by_links_that_say_how_many_it_holds(officer):
    page = look_up(officer).location
    html = officer.get(page).text
    assert re.search(r'href="[^"]*zone=same"[^>]*>Cùng khu với ca <b>1</b>', html)
    assert re.search(r'href="[^"]*minutes=sure_close"[^>]*>Chắc chắn từ 15 phút <b>2</b>', html)
    assert set(names(cut_to(officer, page, zone="same").text)) == {BESIDE}
    assert set(names(cut_to(officer, page, zone="other", minutes="sure").text)) == {APART}
    empty = cut_to(officer, page, zone="same", minutes="sure", band="low").text
    assert "Không có ai trong phần này" in empty and "Xem cả 3 người" in empty


@pytest.mark.parametrize(
    "part", [{"zone": "nord"}, {"minutes": "x" * 5000}, {"band": "'; --"}, {"zone": "same", "page": 2}]
)
def test_a_part_that_there_is_not_is_not_found(officer, part):
    page = look_up(officer).location
    assert cut_to(officer, page, **part).status_code == 404


def test_a_whole_part_is_given_to_be_called_and_nobody_twice(officer, market, monkeypatch):
    page = look_up(officer).location
    assign = page.replace("/lookup/", "/cases/assign/")
    assert post(officer, assign, whole="y", zone="nord").status_code == 404
    answer = post(officer, assign, whole="y", zone="other")
    assert answer.location.endswith("?page=1&zone=other")
    assert stages(market) == ["call", "call"]
    monkeypatch.setattr(followup, "MOST_GIVEN", 1)
    post(officer, assign, whole="y")
    assert stages(market) == ["call"] * 3
    post(officer, assign, whole="y")
    assert "Mọi người của phần này đã được giao" in officer.get(page).text and stages(market) == ["call"] * 3


def test_a_large_part_is_given_piece_by_piece_in_the_order_of_the_list(officer, market, monkeypatch):
    monkeypatch.setattr(followup, "MOST_GIVEN", 2)
    page = look_up(officer).location
    post(officer, page.replace("/lookup/", "/cases/assign/"), whole="y")
    html = officer.get(page).text
    assert "Còn 1 người của phần này" in html and stages(market) == ["call", "call"]
    # Beside the ticks: who declared on the spot can become a case, by a form with a field of that name.
    tick = 'form="give" name="person"'
    assert html.count(tick) == 1 and html.index(tick) > html.index(ILL)


def stages(app):
    with inside(app):
        return list(db.session.scalars(sa.select(Contact.stage)))


def test_files_and_json_hold_scores_and_reasons_beside_what_they_held(officer, market):
    page = look_up(officer).location
    lines = list(csv.reader(io.StringIO(post(officer, f"{page}/export.csv").data.decode("utf-8-sig"))))
    heads, first = lines[0], lines[1]
    assert heads[-5:] == ["Điểm phơi nhiễm", "Mức phơi nhiễm", "Vì sao", "Điểm khẩn", "Vì sao khẩn"]
    assert first[1] == BESIDE and first[-5:-2] == ["57", "Cao", "40 phút chắc chắn, cùng Khu hải sản, chợ"]
    assert len({len(line) for line in lines}) == 1
    with clock.fixed(NOW):
        told = json.loads(market.test_cli_runner().invoke(args=["cases", "contacts", "F0-0001"]).stdout)
    assert [one["name"] for one in told] == [BESIDE, APART, ILL]
    assert told[0]["exposure"] == {
        "score": 57, "band": "high", "reasons": ["40 phút chắc chắn", "cùng Khu hải sản", "chợ"],
    }  # fmt: skip
    assert told[2]["urgency"]["may_be_source"] and not told[0]["urgency"]["may_be_source"]


def fish_of(html):
    """The link that cuts the list to the fish, and how many it says are there."""
    found = re.search(r'href="[^"]*at=([0-9a-f-]{36})"[^>]*>Khu hải sản <small>ca ở khu này</small> <b>(\d+)</b>', html)
    return found[1], int(found[2])


def test_the_list_is_cut_to_one_zone_beside_every_other_cut_and_a_part_of_it_is_given_whole(officer, market):
    page = look_up(officer).location
    html = officer.get(page).text
    fish, people = fish_of(html)
    assert people == 1 and re.search(r">Khu rau <b>2</b>", html)
    assert set(names(cut_to(officer, page, at=fish).text)) == {BESIDE}
    within = cut_to(officer, page, at=fish, minutes="sure").text
    assert fish_of(within)[1] == 1 and re.search(r"minutes=sure[^>]*>Không chọn khu <b>2</b>", within)
    for wrong in ("fish", "00000000-0000-0000-0000-000000000001", "x" * 5000):
        assert cut_to(officer, page, at=wrong).status_code == 404
    assign = page.replace("/lookup/", "/cases/assign/")
    assert post(officer, assign, whole="y", at="00000000-0000-0000-0000-000000000001").status_code == 404
    assert post(officer, assign, whole="y", at=fish).location.endswith(f"?page=1&at={fish}")
    assert stages(market) == ["call"]


def test_the_workbook_of_a_whole_list_is_made_beside_and_its_page_says_whose_it_is(officer, market, monkeypatch):
    monkeypatch.setattr(jobs, "start", lambda config: None)
    made = post(officer, f"{look_up(officer).location}/export.xlsx")
    assert "Xuất danh sách: Người cùng địa điểm với ca" in officer.get(made.location).text
    with inside(market):
        assert jobs.work() == 1
    file = post(officer, f"{made.location}/file")
    assert file.status_code == 200 and file.headers["Content-Disposition"].endswith('.xlsx"')
    people = [row[1] for row in load_workbook(io.BytesIO(file.data)).worksheets[0].iter_rows(values_only=True)]
    assert BESIDE in people and "godata" not in file.headers["Content-Disposition"]


def test_a_part_is_taken_as_a_file_that_says_which_part_it_is(officer, market, monkeypatch):
    page = look_up(officer).location
    fish, _ = fish_of(officer.get(page).text)
    part = {"at": fish, "minutes": "sure"}
    lines = list(csv.reader(io.StringIO(post(officer, f"{page}/export.csv", **part).data.decode("utf-8-sig"))))
    assert [line[1] for line in lines[1:-1]] == [BESIDE]
    assert "Phần của danh sách: Có phút chắc chắn, Chợ Hạ Long 1 – Khu hải sản" in "".join(lines[-1])
    book = load_workbook(io.BytesIO(post(officer, f"{page}/export.xlsx", **part).data))
    assert [row[1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)] == [BESIDE]
    told = json.loads(post(officer, f"{page}/export.json", **part).data)
    assert [one["Họ và tên"] for one in told["people"]] == [BESIDE] and "Phần của danh sách" in told["about"]
    assert post(officer, f"{page}/export.csv", at="x").status_code == 404
    monkeypatch.setattr(downloads, "MOST_OF_A_PART", 0)
    assert post(officer, f"{page}/export.xlsx", **part).location.endswith(f"?minutes=sure&at={fish}")
    assert "xuất CSV hoặc lọc thêm" in officer.get(page).text


def test_the_station_calls_the_more_urgent_first_among_those_due_in_the_same_hour_and_reads_why(
    officer, market, monkeypatch
):
    with inside(market):
        factories.account(db.session(), vault_of(market), "commune", cast.COMMUNE, factories.HA_TU)
        factories.commit()
    post(officer, look_up(officer).location.replace("/lookup/", "/cases/assign/"), whole="y")
    station = market.test_client()
    factories.sign_in(station, cast.COMMUNE)
    calls = to_call(station)
    assert list(dict.fromkeys(names(calls))) == [ILL, BESIDE, APART]
    line = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", calls))
    assert "ho; có trước khi gặp ca: có thể là nguồn lây; 76 tuổi" in line
    assert "Cao 57 40 phút chắc chắn, cùng Khu hải sản, chợ" in line
    first = re.search(r'href="(/station/contacts/[^"]+)"', calls)[1]
    assert "có thể là nguồn lây" in station.get(first).text
    monkeypatch.setattr("checkin.stations.views.PAGE", 1)
    pages = [to_call(station)]
    for way in ("next", "next", "prev", "prev"):
        pages.append(to_call(station, re.search(f'href="([^"]*)" rel="{way}"', pages[-1])[1]))
    assert [list(dict.fromkeys(names(page))) for page in pages] == [[ILL], [BESIDE], [APART], [BESIDE], [ILL]]
    assert 'rel="prev"' not in pages[0] + pages[4] and 'rel="next"' not in pages[2]
    for bad in ("x", "", "A" * 999, "%00"):
        assert list(dict.fromkeys(names(to_call(station, f"/station/?after={bad}")))) == [ILL]
    # In an hour of its own whoever is due first comes first.
    with inside(market):
        for contact in db.session.scalars(sa.select(Contact)):
            if vault_of(market).open(contact.details)["full_name"] == APART:
                contact.due_at -= HOUR
        factories.commit()
    assert names(to_call(station))[0] == APART


def to_call(station, path="/station/"):
    """What the page of a station shows of whom the CDC gave it."""
    html = station.get(path).text
    return html[html.index('id="contacts"') :].partition("</section>")[0]


def test_what_was_kept_with_a_contact_reads_as_it_was_put_down_and_what_is_no_such_thing_as_nothing():
    facts = reasons.Facts(
        57, "high", 40, 40, True, ("Khu hải sản",), 2, "market", False, True, 30, ("cough",), (), True, 76
    )
    assert reasons.kept(json.loads(json.dumps(facts.plain()))) == facts
    assert reasons.kept({}) == reasons.Facts()
    for broken in (None, [], {"band": "x"}, {"age": "76"}, {"certain": None}, {"else": 1}, {"zones": "x"}):
        assert reasons.kept(broken) is None
