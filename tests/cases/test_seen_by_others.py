"""What one officer puts down about a case stands on the pages of another one, and of a program, not in the table alone."""

import csv
import io
import re
import shutil
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.cases.models import Case, CaseStep, kept_visit
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.exposure.models import Lookup
from checkin.movements.models import ToldMove
from checkin.rules import RuleBook
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.kept import expire
from tests.cases.officers import rows, signed_in, two_officers, words
from tests.cases.test_facts import RULES
from tests.conftest import NOW
from tests.contacts.conftest import COLLEAGUE
from tests.exposure.test_case_pages import find, linked, look_up, post
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)


@pytest.fixture
def two(world):
    """A market where two people were, and a case."""

    def fill(app, session, vault):
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 3 * HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 3 * HOUR)
        factories.case(session)

    with two_officers(world, fill) as made:
        yield made


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


def curve(client):
    """The days of the curve's table that have cases, as an officer reads them."""
    html = client.get("/cases/").text
    found = re.findall(r'<tr><th scope="row">(\d\d/\d\d)</th><td class="n">(\d+)</td></tr>', html)
    return {day: int(amount) for day, amount in found if amount != "0"}, "28 ngày qua: 2 ca" in html


def test_an_onset_and_a_state_that_one_changed_are_in_the_numbers_of_the_curve_of_the_other(two):
    app, officer, other = two
    for title in ("Chợ Hạ Long 1, khu hải sản", "Bến xe"):
        post(other, "/cases/", title=title, disease="covid-19", state="confirmed", onset_on="2026-11-18")
    assert curve(officer) == curve(other) == ({"18/11": 2}, True)
    facts = {"title": "Bến xe", "disease": "covid-19", "state": "confirmed", "onset_on": "2026-11-16"}
    seen = factories.hidden(officer.get("/cases/F0-0003/facts").text, "seen")
    assert post(officer, "/cases/F0-0003/facts", seen=seen, **facts).status_code == 303
    days = sa.select(Case.onset_on, Case.state).where(Case.onset_on.is_not(None)).order_by(Case.seq)
    kept = (date(2026, 11, 18), "confirmed")
    assert rows(app, days) == [kept, (date(2026, 11, 16), "confirmed")]
    assert curve(other) == ({"16/11": 1, "18/11": 1}, True)
    post(officer, "/cases/F0-0003/state", state="discarded", seen=str(int(seen) + 1))
    assert rows(app, days) == [kept, (date(2026, 11, 16), "discarded")]
    assert curve(other) == ({"18/11": 1}, False)


def test_whom_one_kept_before_their_day_expired_the_other_reads_and_gives_and_discarding_takes_from_both(two, world):
    app, officer, other = two
    with inside(app):
        factories.account(db.session(), vault_of(app), "commune", cast.COMMUNE, factories.HA_TU)
        factories.commit()
    station = signed_in(world, cast.COMMUNE)
    linked(officer)
    with inside(app):
        expire(db.session(), NOW - 24 * HOUR, NOW)
        factories.commit()
    assert (rows(app, sa.select(Visit.id)), len(rows(app, sa.select(kept_visit.c.id)))) == ([], 2)
    page = look_up(other).location
    shown = other.get(page).text
    assert cast.NEIGHBOUR.full_name in shown and "Chợ Hạ Long 1" in shown and 'form="give" name="person"' in shown
    post(other, page.replace("/lookup/", "/cases/assign/"), all="y", shown=factories.hidden(shown, "shown"))
    assert rows(app, sa.select(Contact.stage, Contact.commune_id)) == [("call", factories.HA_TU)]
    assert cast.NEIGHBOUR.full_name in officer.get("/cases/F0-0001/contacts").text
    assert cast.NEIGHBOUR.full_name in station.get("/station/").text
    # Discarded by one, nothing of it is left for the other, nor for the station.
    ((version,),) = rows(app, sa.select(Case.version))
    post(officer, "/cases/F0-0001/state", state="discarded", sure="1", seen=str(version))
    assert [rows(app, sa.select(table.id)) for table in (kept_visit.c, Contact)] == [[], []]
    for client, path in ((other, page), (other, "/cases/F0-0001/contacts"), (station, "/station/")):
        assert cast.NEIGHBOUR.full_name not in client.get(path).text
    assert "Ca đã loại trừ không giữ gì" in other.get("/cases/F0-0001").text
    history = words(other.get("/cases/F0-0001/facts").text)
    assert "Đổi tình trạng · 10:30 20/11/2026 · hanh@cdc Tình trạng: Xác định → Loại trừ" in history


def test_who_falls_ill_again_is_for_the_other_the_second_case_with_what_was_told_to_the_first(two):
    app, officer, other = two
    linked(officer)
    move = {"place": "Đám cưới ở Cẩm Phả", "start": "2026-11-19T08:00", "end": "2026-11-19T10:00"}
    assert post(officer, "/cases/F0-0001/movements", **move).status_code == 303
    ((version,),) = rows(app, sa.select(Case.version))
    post(officer, "/cases/F0-0001/state", state="recovered", seen=str(version))
    page = find(officer, "signal")
    fields = {"person": factories.hidden(officer.get(page).text, "person"), "title": "Mắc lại", "disease": "covid-19"}
    made = post(officer, page.replace("/lookup/", "/cases/found/"), **fields, state="confirmed")
    assert made.location == "/cases/F0-0002"
    first, second = rows(app, sa.select(Case.state, Case.person_id).order_by(Case.seq))
    assert (first.state, second.state) == ("recovered", "confirmed") and first.person_id == second.person_id
    assert "Người này là ca F0-0002" in words(other.get(find(other, "signal")).text)
    told = other.get("/cases/F0-0002/movements").text
    assert "Đám cưới ở Cẩm Phả" in told and "hanh@cdc" in told


def test_a_case_that_one_counted_by_new_rules_is_asked_about_by_the_other_for_the_days_of_these(
    two, world, tmp_path, monkeypatch
):
    app, officer, other = two
    linked(officer)
    facts = {"title": "Chợ cá", "disease": "covid-19", "state": "confirmed", "onset_on": "2026-11-18"}
    seen = factories.hidden(officer.get("/cases/F0-0001/facts").text, "seen")
    assert post(officer, "/cases/F0-0001/facts", seen=seen, **facts).status_code == 303
    shutil.copytree(RULES, tmp_path / "rules")
    newest = sorted(RULES.glob("disease-*.toml"))[-1].read_text(encoding="utf-8")
    changed = newest.replace("infectious_days_before = 2", "infectious_days_before = 5", 1)
    (tmp_path / "rules/disease-2026-11-21.toml").write_text(changed, encoding="utf-8")
    monkeypatch.setitem(world.app("staff").extensions, "checkin_rules", RuleBook.load(tmp_path / "rules"))
    asked = sa.select(Lookup.start, Lookup.made_by_name).where(Lookup.kind == "case").order_by(Lookup.seq.desc())
    with clock.fixed(NOW + timedelta(days=2)):
        for client, who in ((officer, cast.CDC), (other, COLLEAGUE)):
            factories.sign_in(client, who)
        look_up(other)
        assert rows(app, asked)[0] == (clock.day_bounds(date(2026, 11, 16))[0], "minh@cdc")
        seen = factories.hidden(officer.get("/cases/F0-0001/facts").text, "seen")
        assert post(officer, "/cases/F0-0001/rules", seen=seen).status_code == 303
        assert rows(app, sa.select(Case.rules_on)) == [(date(2026, 11, 22),)]
        history = other.get("/cases/F0-0001/facts").text
        assert "Tính theo quy tắc ngày: 20/11/2026 → 22/11/2026" in history and "hanh@cdc" in history
        assert "Ca này vẫn theo quy tắc cũ" not in history
        page = look_up(other).location
        assert rows(app, asked)[0] == (clock.day_bounds(date(2026, 11, 13))[0], "minh@cdc")
        assert "Từ 00:00 13/11/2026" in other.get(page).text
