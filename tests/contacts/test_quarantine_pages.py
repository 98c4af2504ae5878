"""From the station's tap to the CDC's page: how an F1 is, tests, and a positive one who becomes a case."""

import re
from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case
from checkin.contacts.models import Contact, ContactCheck
from checkin.stations import quarantine
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import AWAY, HERE, OTHER, THERE
from tests.factories import HA_TU

TODAY = clock.to_local(NOW).date()


def health(given, client, name, said, seen=0):
    path = f"/station/quarantine/{given.one(name).id}/health"
    return given.act(client, path, seen=seen, said=said, **{"from": "list"})


def test_an_f1_is_on_the_list_of_their_own_station_until_the_last_day(given):
    officer = given.signed_in(cast.CDC)
    own, other = given.signed_in(cast.COMMUNE), given.signed_in(OTHER)
    assert "Không có F1 nào" in own.get("/station/quarantine/").text
    given.make_f1(officer, HERE)
    assert HERE in own.get("/station/quarantine/").text
    assert HERE not in other.get("/station/quarantine/").text
    assert health(given, other, HERE, "well").status_code == 404
    for days, there in ((14, True), (15, False)):
        with clock.fixed(NOW + timedelta(days=days)):
            own = given.signed_in(cast.COMMUNE)
            assert (HERE in own.get("/station/quarantine/").text) is there


def test_a_tap_is_kept_corrected_the_same_day_and_its_history_stays(given):
    given.make_f1(given.signed_in(cast.CDC), HERE)
    own = given.signed_in(cast.COMMUNE)
    assert "Đã ghi" in health(given, own, HERE, "well").text
    assert 'aria-pressed="true"' in own.get("/station/quarantine/").text
    assert HERE not in own.get("/station/quarantine/?show=unseen").text
    late = health(given, own, HERE, "missed")
    assert "làm trước bạn, lúc" in late.text
    health(given, own, HERE, "missed", seen=1)
    with given.session() as session:
        said = session.execute(sa.select(ContactCheck.number, ContactCheck.said).order_by(ContactCheck.number)).all()
    assert said == [(1, "well"), (2, "missed")]
    assert "Mọi lần ghi: 2" in own.get(given.page(HERE, station=True)).text
    # Yesterday is not written today.
    with clock.fixed(NOW + timedelta(days=1)):
        own = given.signed_in(cast.COMMUNE)
        health(given, own, HERE, "well")
        with given.session() as session:
            days = session.scalars(sa.select(ContactCheck.day).order_by(ContactCheck.day, ContactCheck.number)).all()
        assert days == [TODAY, TODAY, TODAY + timedelta(days=1)]


def test_who_is_ill_leads_the_stations_list_and_stands_on_the_cdcs_pages_with_a_test_due(given):
    officer = given.signed_in(cast.CDC)
    for name in (HERE, THERE):
        given.make_f1(officer, name)
    own = given.signed_in(cast.COMMUNE)
    assert "báo ốm hoặc dương tính" not in own.get("/station/").text
    assert "nên lấy mẫu" in health(given, own, HERE, "ill").text
    assert "1 F1 báo ốm hoặc dương tính" in own.get("/station/").text
    listed = own.get("/station/quarantine/?show=tests").text
    assert HERE in listed and "Cần xét nghiệm từ 20/11/2026" in listed
    shown = officer.get("/cases/F0-0001/contacts?stage=f1").text
    assert shown.index(HERE) < shown.index(THERE) and "Ốm</span>" in shown
    assert "F0-0001" in officer.get("/duty/").text and "1</b><span>F1 báo ốm" in officer.get("/lookup/").text
    health(given, own, HERE, "well", seen=1)
    assert "báo ốm hoặc dương tính" not in own.get("/station/").text
    assert "Ca có người ốm" not in officer.get("/duty/").text


def test_a_positive_test_reaches_the_cdc_and_opens_a_case_of_the_person(given):
    officer, own = given.signed_in(cast.CDC), given.signed_in(cast.COMMUNE)
    given.make_f1(officer, HERE)
    test = f"/station/quarantine/{given.one(HERE).id}/test"
    with clock.fixed(NOW + timedelta(days=2)):
        own, officer = given.signed_in(cast.COMMUNE), given.signed_in(cast.CDC)
        assert "Cần xét nghiệm từ 21/11/2026" in own.get("/station/quarantine/").text
        given.act(own, test, seen=0, taken_on="2026-11-22", test_said="waiting")
        assert "Chờ kết quả" in own.get("/station/quarantine/").text
        assert HERE not in own.get("/station/quarantine/?show=tests").text
        assert "dương tính" in given.act(own, test, seen=1, taken_on="2026-11-22", test_said="positive").text
        assert "1</b><span>F1 dương tính, chưa mở ca" in officer.get("/duty/").text
        page = given.page(HERE)
        form = officer.get(f"{page}/case").text
        assert 'value="2026-11-22"' in form and "F1 của ca F0-0001" in form
        made = given.act(
            officer,
            f"{page}/case",
            title="F1 của ca F0-0001",
            disease="covid-19",
            state="confirmed",
            sample_on="2026-11-22",
        )
        assert "F0-0002" in made.text
        with given.session() as session:
            case = session.scalars(sa.select(Case).where(Case.seq == 2)).one()
            assert case.person_id == given.ids[HERE]
        assert "0</b><span>F1 dương tính, chưa mở ca" in officer.get("/duty/").text


def test_a_sample_of_tomorrow_or_of_before_is_refused(given):
    given.make_f1(given.signed_in(cast.CDC), HERE)
    own = given.signed_in(cast.COMMUNE)
    test = f"/station/quarantine/{given.one(HERE).id}/test"
    for taken in ("2026-11-21", "2026-11-19", "gestern", ""):
        assert "Ngày lấy mẫu" in given.act(own, test, seen=0, taken_on=taken, test_said="waiting").text
    with given.session() as session:
        assert not session.scalars(sa.select(ContactCheck)).all()


def test_days_go_with_what_is_kept_for_the_case(given):
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, HERE)
    given.act(officer, f"{given.page(HERE)}/health", seen=0, said="well")
    with given.session() as session:
        case = session.scalars(sa.select(Case)).one()
        case.person_id = given.ids[THERE]
        session.commit()
    given.act(officer, "/cases/F0-0001/unlink")
    with given.session() as session:
        assert not session.scalars(sa.select(ContactCheck)).all()


def test_a_long_list_has_pages_and_the_reading_of_one_is_of_those_on_it(given, monkeypatch):
    monkeypatch.setattr(quarantine, "PAGE", 1)
    officer = given.signed_in(cast.CDC)
    with given.session() as session:
        session.execute(sa.update(Contact).values(commune_id=HA_TU))
        session.commit()
    for name in (HERE, THERE, AWAY):
        given.make_f1(officer, name)
    own = given.signed_in(cast.COMMUNE)
    assert "Đã ghi" in health(given, own, THERE, "ill").text
    pages = [own.get(f"/station/quarantine/?page={number}").text for number in (1, 2, 3, 4)]
    assert [[name in page for name in (HERE, THERE, AWAY)].count(True) for page in pages] == [1, 1, 1, 1]
    # Who is ill leads; a page that is no more is the last one.
    assert THERE in pages[0] and "Trang 2 / 3" in pages[1] and pages[2].count(HERE) == pages[3].count(HERE)
    assert all("Tất cả <b>3</b>" in page for page in pages)
    (tap,) = re.findall(r'action="(/station/quarantine/[^"]+/health[^"]*)"', pages[1])
    back = own.post(tap.replace("&amp;", "&"), data={"csrf_token": factories.hidden(pages[1], "csrf_token"), "seen": 0,
                    "said": "well", "from": "list"})  # fmt: skip
    assert back.location == "/station/quarantine/?page=2"
    with given.session() as session:
        read = session.scalars(sa.select(AuditEntry.rows).where(AuditEntry.action == "station.read")).all()
    assert read[-4:] == [1, 1, 1, 1]
