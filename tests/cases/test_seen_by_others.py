"""What one officer puts down about a case stands on the pages of another one, and of a program, not in the table alone."""

import csv
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.cases.models import Case, CaseStep
from checkin.db import db
from checkin.movements.models import ToldMove
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import COLLEAGUE
from tests.exposure.test_case_pages import find, linked, look_up, post
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)


@pytest.fixture
def two(world):
    """Two officers of the CDC; a market where two people were, and a case."""
    # On PostgreSQL the pages ask as the role of their own tier.
    app, staff = world.app(), world.app("staff")
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            session, vault = db.session(), vault_of(app)
            for who in (cast.CDC, COLLEAGUE):
                factories.account(session, vault, "cdc", who)
            market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
            factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 3 * HOUR)
            factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 3 * HOUR)
            factories.case(session)
            factories.commit()
        clients = []
        for who in (cast.CDC, COLLEAGUE):
            client = staff.test_client()
            factories.sign_in(client, who)
            clients.append(client)
        yield app, *clients


def rows(app, query):
    with inside(app):
        return db.session.execute(query).all()


def test_a_case_that_one_opened_is_on_the_list_and_page_of_the_other(two):
    app, officer, other = two
    page = find(officer, "signal")
    person = factories.hidden(officer.get(page).text, "person")
    fields = {"person": person, "title": "Ca ở bến cá", "disease": "covid-19", "state": "confirmed"}
    assert post(officer, page.replace("/lookup/", "/cases/found/"), **fields).location.endswith("F0-0002")
    assert rows(app, sa.select(Case.title, Case.state).where(Case.seq == 2)) == [("Ca ở bến cá", "confirmed")]
    assert "Ca ở bến cá" in other.get("/cases/").text
    shown = other.get("/cases/F0-0002").text
    assert "F0-0002: Ca ở bến cá" in shown and "đã gắn" in shown
    assert "F0-0002</a>" in other.get(find(other, "signal")).text


def test_facts_and_a_window_that_one_put_right_stand_with_their_name_on_the_page_of_the_other(two):
    app, officer, other = two
    linked(officer)
    html = officer.get("/cases/F0-0001/facts").text
    facts = {
        "title": "Chợ cá",
        "disease": "covid-19",
        "state": "confirmed",
        "onset_on": "2026-11-18",
        "symptoms": "cough",
    }
    assert post(officer, "/cases/F0-0001/facts", seen=factories.hidden(html, "seen"), **facts).status_code == 303
    seen = factories.hidden(officer.get("/cases/F0-0001/facts").text, "seen")
    sent = {"forward-seen": seen, "forward-start": "2026-11-14T08:00", "forward-reason": "Lời khai của gia đình"}
    assert post(officer, "/cases/F0-0001/window/forward", **sent).status_code == 303
    history = rows(app, sa.select(CaseStep.what, CaseStep.by_name).order_by(CaseStep.number.desc()).limit(2))
    assert history == [("window", "hanh@cdc"), ("facts", "hanh@cdc")]
    shown = other.get("/cases/F0-0001").text
    assert "Chợ cá" in shown and "18/11/2026" in shown and "hanh@cdc sửa: Lời khai của gia đình" in shown
    told = other.get("/cases/F0-0001/facts").text
    assert "Khởi phát: – → 18/11/2026" in told and "Lời khai của gia đình" in told
    lookup = look_up(other).location
    assert "08:00 14/11/2026" in other.get(lookup).text


def test_a_movement_that_one_typed_in_is_on_the_time_line_of_the_other_until_it_is_taken_back(two):
    app, officer, other = two
    linked(officer)
    move = {"place": "Đám cưới ở Cẩm Phả", "start": "2026-11-19T08:00", "end": "2026-11-19T10:00", "note": "Đi cùng vợ"}
    assert post(officer, "/cases/F0-0001/movements", **move).status_code == 303
    ((move_id, by),) = rows(app, sa.select(ToldMove.id, ToldMove.told_by_name))
    assert by == "hanh@cdc"
    shown = other.get("/cases/F0-0001/movements").text
    assert "Đám cưới ở Cẩm Phả" in shown and "hanh@cdc" in shown
    post(other, f"/cases/F0-0001/movements/{move_id}/back")
    ((withdrawn,),) = rows(app, sa.select(ToldMove.withdrawn_by_name))
    assert withdrawn == "minh@cdc" and "minh@cdc" in officer.get("/cases/F0-0001/movements").text
    late = post(officer, f"/cases/F0-0001/movements/{move_id}/back")
    assert "minh@cdc đã bỏ chặng này lúc 10:30 20/11/2026" in officer.get(late.location).text


def test_a_case_that_one_discarded_is_so_on_the_page_and_in_the_file_of_the_other(two):
    app, officer, other = two
    linked(officer)
    (version,) = rows(app, sa.select(Case.version))[0]
    post(officer, "/cases/F0-0001/state", state="discarded", sure="1", seen=str(version))
    assert rows(app, sa.select(Case.state)) == [("discarded",)]
    assert "Loại trừ" in other.get("/cases/F0-0001").text
    file = post(other, "/cases/export", form="csv", columns="own", reason="Giao ban sáng").data.decode("utf-8-sig")
    (head, line, *_rest) = csv.reader(io.StringIO(file))
    assert dict(zip(head, line, strict=False))["Tình trạng"] == "Loại trừ"


def test_what_one_looked_up_is_among_the_lookups_of_the_case_that_the_other_reads(two):
    _app, officer, other = two
    linked(officer)
    made = look_up(officer).location
    shown = other.get("/cases/F0-0001").text
    assert made in shown and "hanh@cdc" in shown
    assert cast.NEIGHBOUR.full_name in other.get(made).text
