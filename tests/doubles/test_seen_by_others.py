"""Two records that one officer joined are one person on the pages of another, and two again once they are parted."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.doubles import finding
from checkin.joins.models import Pair, PairStep, joined
from tests import cast, factories
from tests.cases.officers import rows, two_officers, words
from tests.conftest import NOW
from tests.doubles.test_pages import begin, by_person, pair_of, say
from tests.exposure.test_case_pages import linked, look_up
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)
AGAIN = replace(cast.CITIZEN, full_name="Nguyễn Thị Anh Tuyết", birth_year=1986, phone="+84904118999", address="")
VISIT = "giờ ra ước đoán, muộn nhất"  # stands beside each visit


@pytest.fixture
def twice(world):
    """Two officers, and a case that was at a market under one record and there and at an inn under another one."""

    def fill(app, session, vault):
        market, inn = (factories.venue(session, vault, name, kind="market") for name in ("Chợ Hạ Long 1", "Quán Mây"))
        for who, where, ago in ((cast.CITIZEN, market, 5), (AGAIN, market, 4), (AGAIN, inn, 2)):
            factories.check_in(app, session, vault, where, cast.healthy(who), at=NOW - ago * HOUR)
        factories.case(session)

    with two_officers(world, fill) as (app, officer, other):
        linked(officer)
        with inside(app):
            finding.find(db.session(), vault_of(app), now=NOW, rules=factories.rules(app))
            factories.commit()
        yield app, officer, other


def read_by(client):
    """What an officer reads: how many visits the time line of the case has; whether the record that is not linked is
    somebody who met the case; how many visits are found under its phone, of how many records, and whether it is the
    case."""
    movements = client.get("/cases/F0-0001/movements").text
    people = client.get(look_up(client).location).text
    found = words(by_person(client, "0904118999"))
    records = re.search(r"Gộp từ (\d) hồ sơ", found)
    return (
        movements.count(VISIT), AGAIN.full_name in people, found.count(VISIT),
        int(records[1]) if records else 1, "Người này là ca F0-0001" in found,
    )  # fmt: skip


TWO, ONE = (1, True, 2, 1, False), (3, False, 3, 2, True)


def test_two_records_that_one_joined_are_one_person_for_the_other_until_they_are_parted_and_who_did_it_is_said(twice):
    app, officer, other = twice
    assert read_by(officer) == read_by(other) == TWO
    (page,) = pair_of(officer, begin(officer))
    assert "Đã gộp" in say(officer, page, "join", reason="Cùng số căn cước").text
    assert (rows(app, sa.select(Pair.state)), len(rows(app, sa.select(joined)))) == ([("same",)], 2)
    assert read_by(other) == ONE
    assert (theirs := pair_of(other, begin(other), list="joined")) and pair_of(other, begin(other), list="id") == []
    assert "Gộp làm một người · 10:30 20/11/2026 · hanh@cdc Cùng số căn cước" in words(other.get(theirs[0]).text)
    assert "Đã tách" in say(other, theirs[0], "part", reason="Hai chị em").text
    done = sa.select(PairStep.what, PairStep.by_name).order_by(PairStep.number)
    assert rows(app, done) == [("join", "hanh@cdc"), ("part", "minh@cdc")]
    assert (rows(app, sa.select(Pair.state)), rows(app, sa.select(joined))) == ([("open",)], [])
    assert read_by(officer) == TWO
    assert "Tách lại · 10:30 20/11/2026 · minh@cdc Hai chị em" in words(officer.get(page).text)
    # The first one's page is older: what was typed there is kept beside who was faster.
    late = say(officer, page, "part", reason="Nhầm người", seen="1")
    assert late.status_code == 409 and "minh@cdc làm trước bạn" in late.text and 'value="Nhầm người"' in late.text
