"""A shift is handed over with its numbers and taken by the next officer; command sees how fast the work goes."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case
from checkin.contacts.models import Contact
from checkin.duty import views
from checkin.duty.models import DutyHandover
from tests import cast, factories
from tests.conftest import NOW
from tests.contacts.conftest import COLLEAGUE, HERE, Given
from tests.worlds import inside, vault_of


@pytest.fixture
def given(sqlite):
    with clock.fixed(NOW):
        yield Given(sqlite)


def hand_over(given, officer, seen=0, note="Gọi lại F0-0001 lúc 20 giờ"):
    return given.act(officer, "/duty/", seen=seen, note=note)


def tile(page, name):
    """The number that stands over a name."""
    return page.split(f"</b><span>{name}")[0].rsplit("<b>", 1)[1]


def test_a_shift_is_handed_over_and_the_next_officer_takes_it(given):
    first, second = given.signed_in(cast.CDC), given.signed_in(COLLEAGUE)
    before = first.get("/duty/").text
    assert (
        tile(before, "người cần gọi") == "3" and tile(before, "ca đang mở") == "1" and "Nhận ca</button>" not in before
    )
    assert "Đã giao ca" in hand_over(given, first).text
    own = first.get("/duty/").text
    assert "Chưa ai nhận ca" in own and "Nhận ca</button>" not in own
    shown = second.get("/duty/").text
    assert "hanh@cdc" in shown and "Gọi lại F0-0001" in shown and "Nhận ca</button>" in shown
    assert "hanh@cdc đã giao ca" in second.get("/lookup/").text
    assert "Bạn đã nhận ca" in given.act(second, "/duty/1/take").text
    history = first.get("/duty/history").text
    assert "minh@cdc" in history and "hanh@cdc" in history
    paper = first.get("/duty/1").text
    assert tile(paper, "người cần gọi") == "3" and "Gọi lại F0-0001" in paper and "minh@cdc" in paper
    with given.session() as session:
        one = session.scalars(sa.select(DutyHandover)).one()
        assert (one.taken_by_name, one.taken_at) == ("minh@cdc", NOW) and "Gọi lại".encode() not in one.note
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert [one for one in actions if one.startswith("duty.")] == ["duty.give", "duty.take"]


def test_what_nobody_took_stays_to_be_read_under_the_next_hand_over(given):
    first, second = given.signed_in(cast.CDC), given.signed_in(COLLEAGUE)
    hand_over(given, first, note="Lời dặn thứ nhất")
    hand_over(given, first, seen=1, note="Lời dặn thứ hai")
    shown = second.get("/duty/").text
    assert "Lời dặn thứ nhất" in shown and "Lời dặn thứ hai" in shown and "chưa ai nhận" in shown


def test_what_is_shown_as_done_began_with_the_last_hand_over(given):
    first = given.signed_in(cast.CDC)
    given.make_f1(first, HERE)
    assert tile(first.get("/duty/").text, "F1 mới") == "1" and "F0-0001</a> <small>mở" in first.get("/duty/").text
    hand_over(given, first)
    with clock.fixed(NOW + timedelta(hours=1)):
        first = given.signed_in(cast.CDC)
        now = first.get("/duty/").text
        assert tile(now, "F1 mới") == "0" and "Chưa có ca nào đổi" in now
        given.act(first, "/cases/F0-0001/state", state="recovered")
        assert "F0-0001</a> <small>đổi tình trạng" in first.get("/duty/").text


def test_two_who_hand_over_at_once_the_second_sees_it_and_keeps_what_was_typed(given):
    first, second = given.signed_in(cast.CDC), given.signed_in(COLLEAGUE)
    hand_over(given, first)
    late = hand_over(given, second, seen=0, note="dặn riêng")
    assert late.status_code == 409 and ": Giao ca." in late.text and "dặn riêng" in late.text
    long = hand_over(given, second, seen=1, note="a" * 2001)
    assert long.status_code == 422 and "nhiều nhất 2000" in long.text
    for who, word in ((first, "không tự nhận ca"), (second, "đã nhận ca"), (second, "đã nhận ca này lúc")):
        assert word in given.act(who, "/duty/1/take").text
    assert given.act(second, "/duty/7/take").status_code == 404


def test_command_sees_numbers_and_no_case(given):
    with given.session() as session:
        case = session.scalars(sa.select(Case)).one()
        case.opened_at, case.interviewed_at = NOW - timedelta(hours=30), NOW - timedelta(hours=20)
        case.sample_on = (NOW - timedelta(hours=30)).date()
        session.commit()
    shown = given.signed_in(cast.COMMAND).get("/speed/").text
    assert "1/1</b><span>ca được hỏi trong 24 giờ" in shown and "ít dữ liệu" in shown
    assert "F0-0001" not in shown and HERE not in shown
    officer = given.signed_in(cast.CDC)
    assert "F0-0001" in officer.get("/speed/").text and "ca được hỏi trong 24 giờ" in officer.get("/lookup/").text


def test_the_stations_overview_counts_whom_the_cdc_gave(given):
    with clock.fixed(NOW + timedelta(hours=25)):
        shown = given.signed_in(cast.COMMAND).get("/stations/").text
        assert "Phường Hà Tu" in shown and "<b>■ 1</b>" in shown and HERE not in shown


def test_an_empty_province_says_so(sqlite):
    with clock.fixed(NOW):
        app = sqlite.app()
        with inside(app):
            factories.account(factories.db.session(), vault_of(app), "cdc", cast.CDC)
            factories.commit()
        officer = app.test_client()
        factories.sign_in(officer, cast.CDC)
        assert "Không có ai cần gọi" in officer.get("/duty/").text
        assert "Chưa giao ca lần nào" in officer.get("/duty/history").text
        assert "Chưa mở ca nào" in officer.get("/speed/").text


def test_of_more_cases_than_a_page_has_those_with_somebody_positive_or_ill_are_shown(given, monkeypatch):
    monkeypatch.setattr(views, "MOST_CASES", 1)
    officer = given.signed_in(cast.CDC)
    given.make_f1(officer, HERE)
    given.act(officer, f"{given.page(HERE)}/health", seen=0, said="ill")
    with given.session() as session:
        other = factories.case(session)
        session.execute(sa.update(Contact).where(Contact.stage == "call").values(case_id=other.id, result="refused"))
        session.commit()
    shown = officer.get("/duty/").text
    assert "1 ca đáng xem nhất trong 2 ca" in shown
    assert 'href="/cases/F0-0001/contacts?stage=f1">■ 1' in shown and "/cases/F0-0002/contacts" not in shown
