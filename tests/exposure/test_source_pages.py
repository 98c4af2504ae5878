"""Both windows of a case, a disease that comes from animals and places, and tracing the source of a case."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import others
from checkin.cases.models import Case
from checkin.db import db
from checkin.me import telling
from checkin.me.models import Reading
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.test_case_pages import NAME, OTHER, actions, find, linked, look_up, post
from tests.worlds import inside, vault_of

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WHY = "người cùng phơi nhiễm một nguồn, không phải người tiếp xúc của ca"


def person(number):
    """Somebody with a number of their own."""
    return cast.Identity(
        full_name=f"Người Thứ {number}", birth_year=1980, gender="male", phone=f"+8491234{number:04d}",
        province_id="22", commune_id="06652",
    )  # fmt: skip


@pytest.fixture
def officer(world, client):
    """The CDC officer, and a case whose person was at the poultry market four days ago, as two others were."""
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ gia cầm Hạ Long", kind="market")
        factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 4 * DAY)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 4 * DAY + HOUR / 2)
        factories.check_in(app, session, vault, market, cast.healthy(person(1)), at=NOW - 4 * DAY - HOUR)
        factories.case(session)
        factories.commit()
    factories.sign_in(client, cast.CDC)
    return client


def change(world, **facts):
    """Give the case these facts."""
    with inside(world.app()):
        case = db.session.scalars(sa.select(Case).order_by(Case.seq)).first()
        for name, value in facts.items():
            setattr(case, name, value)
        factories.commit()


def day(days):
    """A day of the province, so many days from today."""
    return clock.to_local(NOW + days * DAY).date()


@pytest.mark.parametrize(
    ("disease", "forward", "source"),
    [
        ("covid-19", "12/11/2026", "00:00 31/10/2026 – 23:59 12/11/2026"),
        ("measles", "10/11/2026", "00:00 24/10/2026 – 23:59 07/11/2026"),
        ("avian-influenza", "13/11/2026", "00:00 04/11/2026 – 23:59 13/11/2026"),
    ],
)
def test_both_windows_stand_on_the_page_of_the_case_by_the_rules_of_its_disease(
    officer, world, disease, forward, source
):
    change(world, disease=disease, onset_on=day(-6))
    html = officer.get("/cases/F0-0001").text
    windows = re.findall(r"<dd>(\d\d:.+? – .+?)</dd>", html)
    assert windows == [f"00:00 {forward} – 10:30 20/11/2026", source]


def test_without_a_day_the_page_says_that_neither_window_can_be_told(officer):
    html = officer.get("/cases/F0-0001").text
    assert "chưa tính được: ghi ngày khởi phát hoặc lấy mẫu" in html


def test_a_disease_from_animals_lists_the_places_first_and_says_why_nobody_is_a_contact(officer, world):
    linked(officer)
    change(world, disease="avian-influenza")
    assert WHY in officer.get("/cases/F0-0001").text
    where = look_up(officer).location
    html = officer.get(where).text
    # Nor can they be given to anybody to call.
    giving = {"all": "y", "shown": "00000000-0000-0000-0000-000000000001"}
    assert post(officer, where.replace("/lookup/", "/cases/assign/"), **giving).status_code == 404
    assert WHY in html and "Nơi và ngày của ca F0-0001" in html
    assert html.index("Chợ gia cầm Hạ Long") < html.index("Người cùng nguồn phơi nhiễm") < html.index(OTHER)
    listed = html[html.index("Người cùng nguồn phơi nhiễm") : html.index("</main>")]
    assert "Cần gọi" not in html and "phút" not in listed
    assert NAME not in html


def test_its_people_stand_in_the_order_in_which_they_came_whoever_stayed_longest(officer, world):
    linked(officer)
    with inside(world.app()):
        # The one who came last is known to have stayed long.
        db.session.execute(sa.text("UPDATE visit SET left_at = until_latest WHERE entered_at > :then"),
                           {"then": NOW - 4 * DAY + timedelta(minutes=20)})  # fmt: skip
        factories.commit()
    by_minutes = officer.get(look_up(officer).location).text
    assert "phút" in by_minutes and WHY not in by_minutes
    change(world, disease="avian-influenza")
    by_time = officer.get(look_up(officer).location).text
    assert by_time.index("Người Thứ 1") < by_time.index(OTHER)


def opened(officer, phone, disease="covid-19"):
    """A new case of who has this phone."""
    page = find(officer, "signal", phone=phone)
    fields = {"person": factories.hidden(officer.get(page).text, "person"), "title": "Người bán gà"}
    answer = post(
        officer, page.replace("/lookup/", "/cases/found/"), **fields, disease=disease, state="confirmed",
        onset_on=str(day(-3)),
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    return answer.location


def trace(officer, case="F0-0001", reason="Truy nguồn lây"):
    return post(officer, f"/cases/{case}/source", **{"source-reason": reason})


def test_the_source_shows_the_other_cases_of_the_same_places_by_number_and_nobodys_name(officer, world):
    linked(officer)
    change(world, onset_on=day(-1))
    assert opened(officer, "0904118226") == "/cases/F0-0002"
    answer = trace(officer)
    assert answer.status_code == 303
    html = officer.get(answer.location).text
    assert "F0-0002" in html and "khởi phát 17/11/2026" in html and "Chợ gia cầm Hạ Long" in html
    assert "09:30 06/11/2026" not in html and "00:00 05/11/2026" in html and "23:59 17/11/2026" in html
    assert NAME not in html and OTHER not in html and "Xuất CSV" not in html
    page = officer.get("/cases/F0-0001").text
    assert answer.location in page and "Nguồn lây của ca" in page
    assert "Nguồn lây của ca" in officer.get("/lookup/").text
    for beyond in (2, 43_000_000):
        assert officer.get(f"{answer.location}?page={beyond}").status_code == 404


def test_it_is_on_record_with_its_reason_before_anything_is_read_and_again_when_it_was_read(officer, world):
    linked(officer)
    opened(officer, "0904118226")
    before = len(actions(world))
    page = trace(officer).location
    assert actions(world)[before:] == ["lookup.source", "case.freeze"]
    officer.get(page)
    assert actions(world)[before + 2 :] == ["lookup.read", "lookup.shown"]
    with inside(world.app()):
        entry = db.session.scalars(
            sa.select(AuditEntry).order_by(AuditEntry.seq).where(AuditEntry.action == "lookup.source")
        ).one()
        assert (entry.case_number, entry.reason) == ("F0-0001", "Truy nguồn lây")
        shown = db.session.scalars(
            sa.select(AuditEntry).where(AuditEntry.action == "lookup.shown").order_by(AuditEntry.seq)
        ).all()[-1]
        assert shown.rows == 1


def test_the_record_is_committed_before_the_stays_of_others_are_read(officer, world, monkeypatch):
    linked(officer)
    page, seen, read = trace(officer).location, [], others.stays_of_others

    def look(*args, **kwargs):
        if not seen:
            with world.app().app_context():
                made = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
                seen.append((made.count("lookup.source"), made.count("lookup.read")))
                db.session.remove()
        return read(*args, **kwargs)

    # Hearing that it is read goes with the entry itself.
    monkeypatch.setattr(telling, "_of_source", lambda *_: set())
    monkeypatch.setattr(others, "stays_of_others", look)
    before = len(actions(world, "lookup.read"))
    assert officer.get(page).status_code == 200
    assert seen == [(1, before + 1)]


@pytest.mark.parametrize(("reason", "says"), [("", "Ghi lý do"), ("x", "ngắn quá"), ("x" * 10_000, "Dài quá")])
def test_without_a_reason_the_source_is_refused_beside_its_own_field(officer, world, reason, says):
    linked(officer)
    answer = trace(officer, reason=reason)
    assert answer.status_code == 422 and answer.text.count(says) == 2
    assert 'aria-describedby="source-reason' in answer.text
    assert "lookup.source" not in actions(world)


def test_who_was_there_before_is_shown_with_the_time_between_which_a_guessed_end_makes_the_least(officer, world):
    linked(officer)
    with inside(world.app()):
        market = db.session.scalars(sa.select(factories.Venue)).one()
        session, vault = db.session(), vault_of(world.app())
        factories.check_in(world.app(), session, vault, market, cast.healthy(person(2)), at=NOW - 6 * DAY)
        factories.commit()
    opened(officer, "+84912340002")
    html = officer.get(trace(officer).location).text
    assert "ca kia rời đi trước đó 36 giờ" in html and "ít nhất: giờ ra là ước đoán" in html
    with inside(world.app()):
        db.session.execute(
            sa.text("UPDATE visit SET left_at = until_likely, until_latest = until_likely WHERE entered_at < :then"),
            {"then": NOW - 5 * DAY},
        )
        factories.commit()
    trace(officer, "F0-0002")
    html = officer.get(trace(officer).location).text
    assert "ca kia rời đi trước đó 47 giờ" in html and "ít nhất" not in html


def test_nobody_else_was_a_case_is_said_in_words(officer):
    linked(officer)
    assert "Không có ca nào khác ở các nơi này" in officer.get(trace(officer).location).text


def test_a_case_without_visits_in_the_window_or_without_its_person_says_so(officer, world):
    assert "chưa gắn với người nào" in officer.get(trace(officer).location).text
    linked(officer)
    change(world, onset_on=day(-12))
    page = trace(officer).location
    assert "không có lượt vào nào trong khoảng này" in officer.get(page).text
    assert post(officer, "/cases/F0-0001/unlink").status_code == 303
    assert "không còn gắn với người" in officer.get(page).text
    # Nor are the places of whoever the case is by now shown for a question about somebody else.
    found = find(officer, phone="0904118226")
    fields = {"person": factories.hidden(officer.get(found).text, "person"), "case": "F0-0001"}
    assert post(officer, found.replace("/lookup/", "/cases/found/"), **fields).status_code == 303
    assert "không còn gắn với người" in officer.get(page).text


def test_what_the_store_no_longer_has_is_said_before_anybody_looks(officer, world):
    linked(officer)
    change(world, onset_on=day(-6))
    assert "Kho chỉ còn lượt từ 10:30 30/10/2026" not in officer.get("/cases/F0-0001").text
    change(world, disease="measles")
    assert "Kho chỉ còn lượt từ 10:30 30/10/2026" in officer.get("/cases/F0-0001").text


def test_the_source_names_nobody_and_so_has_no_file_and_no_second_person(officer):
    linked(officer)
    page = trace(officer).location
    assert post(officer, f"{page}/export.csv").status_code == 404
    assert post(officer, f"{page}/export.xlsx").status_code == 404
    assert officer.get(f"{page}/second/read").status_code == 404


def test_the_persons_of_these_cases_are_told_of_the_reading_and_nobody_else_is(officer, world):
    linked(officer)
    opened(officer, "0904118226")
    page = trace(officer).location
    with inside(world.app()):
        db.session.execute(sa.delete(Reading))
        factories.commit()
    officer.get(page)
    with inside(world.app()):
        told = {(one.kind, one.subject_id) for one in db.session.scalars(sa.select(Reading))}
        persons = set(db.session.scalars(sa.select(Case.person_id)))
        assert len(persons) == 2 and told == {("person", person_id) for person_id in persons}


@pytest.mark.postgresql
def test_the_staff_role_traces_a_source(postgresql):
    with clock.fixed(NOW), inside(postgresql.app()):
        app, session, vault = postgresql.app(), db.session(), vault_of(postgresql.app())
        factories.account(session, vault, "cdc", cast.CDC)
        market = factories.venue(session, vault, "Chợ gia cầm Hạ Long", kind="market")
        factories.check_in(app, session, vault, market, at=NOW - HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - HOUR)
        factories.case(session)
        factories.commit()
    with clock.fixed(NOW):
        officer = postgresql.app("staff").test_client()
        factories.sign_in(officer, cast.CDC)
        linked(officer)
        opened(officer, "0904118226")
        assert "F0-0002" in officer.get(trace(officer).location).text
