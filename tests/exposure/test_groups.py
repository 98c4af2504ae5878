"""People of one form are seen as such: in the list of a place, of a case, on a time line, in the files."""

import csv
import io
import random
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import openpyxl
import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.exposure import groups
from checkin.exposure.asking import Asked
from checkin.exposure.overlap import Window
from checkin.exposure.queries import Area, stays_at
from checkin.ids import new_id
from checkin.visits import service as visits
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)
SON, GRANDMOTHER = "Trần Minh An", "Phạm Thị Lành"
MARK = "cùng nhóm 3 người"


def family(app, session, vault, venue, *people, at=NOW - HOUR):
    """Several people on one form at a venue."""
    return visits.check_in_together(
        session, vault, now=at, rules=factories.rules(app, at), door=factories.door(session, venue),
        told=[cast.healthy(who) for who in people], submission_id=new_id(at), device=None,
    )  # fmt: skip


def of_family(name, born):
    return replace(cast.CITIZEN, full_name=name, birth_year=born, id_number="")


FAMILY = (cast.CITIZEN, of_family(SON, 2017), of_family(GRANDMOTHER, 1949))


@pytest.fixture
def officer(world, client):
    """The CDC officer, signed in; a market with a family of three, and a neighbour who came alone at the same moment."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        family(app, session, vault, market, *FAMILY)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - HOUR)
        factories.case(session)
        factories.commit()
    factories.sign_in(client, cast.CDC)
    return client


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_who_was_added_by_correcting_the_form_belongs_to_it(request, store):
    """Asked by one of them alone, whose visit began minutes before the other's."""
    app = request.getfixturevalue(store).app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        market, form = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market"), new_id(NOW - HOUR)
        mother, son = cast.healthy(), cast.healthy(FAMILY[1])
        for minutes, told in ((0, [mother, cast.healthy(FAMILY[2])]), (4, [mother, cast.healthy(FAMILY[2]), son])):
            at = NOW - HOUR + timedelta(minutes=minutes)
            visits.check_in_together(
                session, vault, now=at, rules=factories.rules(app, at), door=factories.door(session, market),
                told=told, submission_id=form, device=None,
            )  # fmt: skip
        stays = stays_at(session, Area((market.id,)), NOW - 2 * HOUR, NOW, 12 * HOUR)
        assert len({stay.entered_at for stay in stays}) == 2
        for stay in stays:
            (group,) = groups.of_stays(session, [stay]).values()
            assert group.people == 3


def post(officer, path, **fields):
    return officer.post(path, data={"csrf_token": factories.token(officer, "/lookup/"), **fields})


def by_place(officer):
    fields = {"venue": "cho ha long 1", "start": "2026-11-20T08:00", "end": "2026-11-20T11:00"}
    return post(officer, "/lookup/place", case="F0-0001", reason="Truy vết", **fields).location


def rows(html):
    """(name, whether marked) of each row, in the order of the page."""
    return [
        (re.sub(r"<.*", "", row, flags=re.S).strip(), MARK in row)
        for row in re.findall(r'<th scope="row" class="lead words">(.*?)</tr>', html, re.S)
    ]


def test_a_family_is_marked_in_the_list_of_a_place_and_can_be_seen_alone(officer):
    where = by_place(officer)
    html = officer.get(where).text
    assert dict(rows(html)) == {
        cast.CITIZEN.full_name: True, SON: True, GRANDMOTHER: True, cast.NEIGHBOUR.full_name: False,
    }  # fmt: skip
    assert "cùng nhóm 1" not in html
    link = re.search(r'href="([^"]*together=[^"]*)"', html)[1]
    alone = officer.get(link).text
    assert len(rows(alone)) == 3 and cast.NEIGHBOUR.full_name not in alone
    assert "Chỉ hiện người khai cùng một tờ: 3 người." in alone and not re.search(r'href="[^"]*together=', alone)
    for wrong in ("?together=x", f"?together={UUID(int=7)}", f"?only=watch&together={UUID(int=7)}", "?together=%00"):
        assert officer.get(where + wrong).status_code == 404, wrong


@pytest.mark.long
def test_a_mark_moves_nobody_in_the_order_of_the_list(officer, world):
    before = [name for name, _ in rows(officer.get(by_place(officer)).text)]
    with inside(world.app()):
        db.session.execute(sa.update(Visit).values(group_id=None))
        factories.commit()
    html = officer.get(by_place(officer)).text
    assert [name for name, _ in rows(html)] == before and "cùng nhóm" not in html


def test_both_files_say_how_many_stood_on_a_form_and_by_a_code_who(officer, beside):
    where = by_place(officer)
    listed = list(csv.DictReader(io.StringIO(post(officer, f"{where}/export.csv").text.removeprefix("\ufeff"))))[:-1]
    code = {line["Mã tờ khai chung"] for line in listed if line["Số người khai cùng tờ"] == "3"}
    assert len(code) == 1 and re.fullmatch(r"[0-9A-F]{8}", code.pop())
    alone = next(line for line in listed if line["Họ và tên"] == cast.NEIGHBOUR.full_name)
    assert alone["Số người khai cùng tờ"] == alone["Mã tờ khai chung"] == ""
    page = post(officer, f"{where}/export.xlsx").location
    beside.work()
    sheet = openpyxl.load_workbook(io.BytesIO(post(officer, f"{page}/file").data)).worksheets[0]
    column = [cell.value for cell in sheet[1]].index("Số người khai cùng tờ")
    assert sorted(str(row[column].value) for row in list(sheet)[1:]) == ["3", "3", "3", "None"]


def test_who_came_along_stands_on_the_time_line_in_its_file_and_on_the_contact_list_of_the_case(officer):
    found = post(officer, "/lookup/person", case="F0-0001", reason="Tìm người bệnh", full_name=SON, birth_year="2017")
    html = officer.get(found.location).text
    assert MARK in html
    assert ",3," in post(officer, f"{found.location}/export.csv").text
    fields = {"person": factories.hidden(html, "person"), "case": "F0-0001"}
    post(officer, found.location.replace("/lookup/", "/cases/found/"), **fields)
    listed = rows(officer.get(post(officer, "/cases/F0-0001/lookup", reason="Lập danh sách").location).text)
    # Of the three two are others: the copies of a case hold those whom it met.
    assert [name for name, marked in listed if name == cast.NEIGHBOUR.full_name and not marked]
    assert {name for name, _ in listed} >= {cast.CITIZEN.full_name, GRANDMOTHER}


@pytest.mark.long
def test_groups_are_those_that_a_plain_count_finds(app, session, vault):
    chance = random.Random(11)
    venues = [factories.venue(session, vault, f"Quán {number}") for number in range(3)]
    for number in range(40):
        people = [
            replace(cast.NEIGHBOUR, full_name=f"Trần Văn Hưng {chr(65 + n)}{chr(65 + number % 26)}", phone=f"+849{number:04}{n:04}")
            for n in range(chance.choice((1, 1, 2, 3, 10)))
        ]  # fmt: skip
        family(app, session, vault, chance.choice(venues), *people, at=NOW - number % 5 * HOUR)
    session.commit()
    stays = stays_at(session, Area(tuple(v.id for v in venues)), NOW - 9 * HOUR, NOW, timedelta(hours=12))
    counted = Counter(stay.group_id for stay in stays)
    found = groups.of_stays(session, stays)
    assert {group.id: group.people for group in found.values()} == {g: n for g, n in counted.items() if n > 1}
    groups_before, groups.BLOCK = groups.BLOCK, 7
    try:
        assert groups.of_stays(session, stays) == found
    finally:
        groups.BLOCK = groups_before
    for group in found.values():
        asked = Asked(Area(tuple(v.id for v in venues)), Window(NOW - 9 * HOUR, NOW), timedelta(hours=12))
        listed = asked.page(session, 50, together=group.id)
        assert listed.total == len({one.person_id for one in listed.people}) == group.people
