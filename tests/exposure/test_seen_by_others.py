"""Whom one officer cut out of a list, where a source may be, what a picture shows: on the pages of others too."""

import re
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.cases.models import Case
from checkin.contacts.models import Contact, ContactStep
from checkin.db import db
from checkin.movements.models import ToldMove
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.officers import rows, signed_in, two_officers, words
from tests.conftest import NOW
from tests.contacts.conftest import OTHER as ELSEWHERE
from tests.exposure.test_case_pages import find, linked, look_up, post
from tests.exposure.test_ranked_pages import APART, BESIDE, ILL, cut_to, fill, names, to_call
from tests.worlds import inside, vault_of

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def market(world):
    """Two officers at the market of the ranked list, the station where all of its people live, and another station."""

    def with_stations(app, session, vault):
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        factories.account(session, vault, "commune", ELSEWHERE, factories.HONG_GAI)
        fill(app, session, vault)

    with two_officers(world, with_stations) as (app, officer, other):
        linked(officer)
        yield app, officer, other, signed_in(world, cast.COMMUNE), signed_in(world, ELSEWHERE)


def given(app):
    """Who stands in the database as given to be called, to which station and by whom."""
    with inside(app):
        found = db.session.execute(
            sa.select(Contact, ContactStep).join(ContactStep, ContactStep.contact_id == Contact.id)
        )
        return {(vault_of(app).open(one.details)["full_name"], one.commune_id, step.by_name) for one, step in found}


def test_whom_one_gives_of_a_cut_their_station_has_to_call_and_the_other_reads_as_given(market):
    app, officer, other, station, elsewhere = market
    mine, theirs = look_up(officer).location, look_up(other).location
    greens = re.search(r'at=([0-9a-f-]{36})"[^>]*>Khu rau', officer.get(mine).text)[1]
    by, done = {}, set()
    for giver, page, reader, where, part, people in (
        (officer, mine, other, theirs, {"zone": "other", "minutes": "sure"}, {APART}),
        (other, theirs, officer, mine, {"band": "high"}, {BESIDE}),
        (officer, mine, other, theirs, {"at": greens}, {APART, ILL}),
    ):
        assert set(names(cut_to(giver, page, **part).text)) == people
        post(giver, page.replace("/lookup/", "/cases/assign/"), whole="y", **part)
        by |= dict.fromkeys(people - done, "hanh@cdc" if giver is officer else "minh@cdc")
        done |= people
        assert given(app) == {(name, factories.HA_TU, who) for name, who in by.items()}
        assert set(names(to_call(station))) == done and names(elsewhere.get("/station/").text) == []
        html = reader.get(where).text
        assert f"Đã giao gọi {len(done)} người" in html
        assert html.count('form="give" name="person"') == 3 - len(done)
        listed = reader.get("/cases/F0-0001/contacts").text
        assert set(names(listed)) == done and f"Cần gọi <b>{len(done)}</b>" in listed


@pytest.fixture
def places(world):
    """Two officers; whoever is the case was at a market and at an inn four days ago, Hưng at the market alone."""

    def fill(app, session, vault):
        market, inn = (factories.venue(session, vault, name, kind="market") for name in ("Chợ gia cầm", "Quán Cái Dăm"))
        factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 4 * DAY)
        factories.check_in(app, session, vault, inn, cast.healthy(), at=NOW - 4 * DAY + 6 * HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 4 * DAY + HOUR / 2)
        factories.case(session)

    with two_officers(world, fill) as made:
        yield made


def test_a_case_that_another_opens_retypes_and_asks_stands_by_its_number_in_the_source_that_one_reads(places):
    app, officer, other = places
    linked(officer)
    facts = {"title": "Chợ", "disease": "covid-19", "state": "confirmed"}
    retype(officer, "F0-0001", **facts, onset_on="2026-11-19")
    source = post(officer, "/cases/F0-0001/source", **{"source-reason": "Truy nguồn lây"}).location
    assert "Không có ca nào khác" in officer.get(source).text
    page = find(other, "signal", phone="0904118226")
    person = factories.hidden(other.get(page).text, "person")
    found = {"person": person, **facts, "onset_on": "2026-11-17"}
    assert post(other, page.replace("/lookup/", "/cases/found/"), **found).location == "/cases/F0-0002"
    known = sa.select(Case.onset_on, Case.state).where(Case.seq == 2)

    def shown():
        """The row of the other case, as the first officer reads it; never a name."""
        html = officer.get(source).text
        assert cast.NEIGHBOUR.full_name not in html and cast.CITIZEN.full_name not in html
        return words(html[html.index("<tbody") : html.index("</tbody>")])

    assert rows(app, known) == [(date(2026, 11, 17), "confirmed")]
    assert "F0-0002 khởi phát 17/11/2026" in shown() and "Chợ gia cầm" in shown() and "Cái Dăm" not in shown()
    retype(other, "F0-0002", **facts, onset_on="2026-11-15")
    assert rows(app, known) == [(date(2026, 11, 15), "confirmed")]
    assert "F0-0002 khởi phát 15/11/2026" in shown()
    move = {"venue": "quan cai dam", "start": "2026-11-16T16:30", "end": "2026-11-16T17:30"}
    assert post(other, "/cases/F0-0002/movements", **move).status_code == 303
    assert rows(app, sa.select(ToldMove.told_by_name, ToldMove.end)) == [("minh@cdc", NOW - 4 * DAY + 7 * HOUR)]
    assert "Quán Cái Dăm" in shown() and "60 phút có thể" in shown()
    ((version,),) = rows(app, sa.select(Case.version).where(Case.seq == 2))
    post(other, "/cases/F0-0002/state", state="discarded", sure="1", seen=str(version))
    assert rows(app, known) == [(date(2026, 11, 15), "discarded")]
    assert "Không có ca nào khác" in officer.get(source).text


def retype(officer, number, **facts):
    seen = factories.hidden(officer.get(f"/cases/{number}/facts").text, "seen")
    assert post(officer, f"/cases/{number}/facts", seen=seen, **facts).status_code == 303


@pytest.fixture
def street(world):
    """Two officers, a case that was at a market from 9:10 on, and the phone of somebody who came there at 9:20."""
    phone, codes = world.app("public").test_client(), []

    def fill(app, session, vault):
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 80 * MINUTE)
        factories.case(session)
        codes.append(factories.code_of(session, market))

    with two_officers(world, fill) as (app, officer, other):
        (code,) = codes
        with clock.fixed(NOW - 70 * MINUTE):
            sent = cast.form(
                full_name=cast.NEIGHBOUR.full_name, phone="0904118226", submission=factories.submission(phone, code)
            )
            token = factories.hidden(phone.post(f"/v/{code}", data=sent).text, "token")
        linked(officer)
        yield app, officer, other, code, lambda: phone.post(f"/v/{code}/leave", data={"token": token})


def test_a_movement_that_one_typed_and_an_end_that_a_phone_set_right_are_in_the_minutes_of_the_picture_of_another(
    street,
):
    app, officer, other, code, leave = street
    asked = {"venue": code, "start": "2026-11-20T09:00", "end": "2026-11-20T10:30"}
    page = post(officer, "/lookup/place", case="F0-0001", reason="Ai ở chợ", **asked).location

    def minutes():
        """What stands beside each row of the picture that the first officer reads."""
        drawn = re.search(r'<svg class="overlap broad.+?</svg>', officer.get(page).text, re.DOTALL)[0]
        assert re.findall(r'<text class="name[^>]*>([^<]+)<', drawn) == ["F0-0001", cast.NEIGHBOUR.full_name]
        return re.findall(r'class="beside"[^>]*>([^<]+)<', drawn)

    assert minutes() == ["~710 phút"]
    move = {"venue": code, "start": "2026-11-20T09:10", "end": "2026-11-20T10:00"}
    assert post(other, "/cases/F0-0001/movements", **move).status_code == 303
    ((move_id, by),) = rows(app, sa.select(ToldMove.id, ToldMove.told_by_name))
    assert by == "minh@cdc" and minutes() == ["~40 phút"]
    with clock.fixed(NOW + 5 * MINUTE):
        assert leave().status_code == 200
        ends = rows(app, sa.select(Visit.left_at, Visit.end_set_by).order_by(Visit.entered_at))
        assert ends == [(None, "guessed"), (NOW + 5 * MINUTE, "visitor")]
        assert minutes() == ["40 phút"]
        assert post(other, f"/cases/F0-0001/movements/{move_id}/back").status_code == 303
        assert rows(app, sa.select(ToldMove.withdrawn_by_name)) == [("minh@cdc",)]
        assert minutes() == ["~75 phút"]
