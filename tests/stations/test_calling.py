"""The station's work: who takes somebody, how the call went, who is handed over, and what two officers at once see."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.calls.models import StationCall, StationStep
from checkin.db import db
from tests import cast, factories
from tests.calls.pages import send
from tests.conftest import NOW
from tests.fuzz import cheap
from tests.worlds import inside, vault_of

OTHER = ("hoa@tram", "trạm y tế phường Hồng Gai")
COLLEAGUE = ("my@tram", "đồng nghiệp trạm Hà Tu")


@pytest.fixture
def town(world):
    """Two officers of Hà Tu and one of Hồng Gai; who lives in Hà Tu coughed at a market, and one is coming home."""
    app = world.app()
    with clock.fixed(NOW), cheap.passwords():
        _fill(app)
        assert send(app.test_client(), "return", full_name="Trần Văn Hưng", birth_year="1971").status_code == 200
        yield app


def _fill(app):
    with inside(app):
        session, vault = db.session(), vault_of(app)
        for who, commune in (
            (cast.COMMUNE, factories.HA_TU),
            (COLLEAGUE, factories.HA_TU),
            (OTHER, factories.HONG_GAI),
        ):
            factories.account(session, vault, "commune", who, commune)
        factories.account(session, vault, "cdc", cast.CDC)
        factories.account(session, vault, "command", cast.COMMAND)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - timedelta(hours=5))
        session.commit()


def all_of(app, column):
    """A column of every row."""
    with inside(app):
        return db.session.scalars(sa.select(column)).all()


def signed_in(app, who=cast.COMMUNE):
    client = app.test_client()
    factories.sign_in(client, who)
    return client


def ids(client, address="/station/"):
    """Of everybody on the list, in its order."""
    return [part.split('"')[0] for part in client.get(address).text.split('href="/station/people/')[1:]]


def act(client, one, what, seen=None, **said):
    page = f"/station/people/{one}"
    html = client.get(page).text
    posted = {
        "csrf_token": factories.hidden(html, "csrf_token"),
        "seen": seen or factories.hidden(html, "seen"),
        **said,
    }
    return client.post(f"{page}/{what}", data=posted, follow_redirects=True)


def test_one_list_holds_who_declared_at_a_door_and_who_declared_without_one(town):
    client = signed_in(town)
    page = client.get("/station/").text
    assert page.index("Nguyễn Thị Ánh Tuyết") < page.index("Trần Văn Hưng")
    for words in ("Ho", "Chợ Hạ Long 1", "0912 345 678", "Sắp về", "05/12/2026", "Khai ở cửa"):
        assert words in page
    assert "Trần Văn Hưng" not in signed_in(town, OTHER).get("/station/").text


@pytest.mark.parametrize("which", [0, 1])
def test_a_call_is_noted_and_done_and_the_note_is_sealed(town, which):
    client = signed_in(town)
    one = ids(client)[which]
    assert "Nguyễn Thị Ánh Tuyết" in act(client, ids(client)[0], "take").text
    page = act(client, one, "call", result="not_reached", note="gọi lại 15 giờ").text
    assert "Chưa gọi được" in page and "gọi lại 15 giờ" in page
    assert one in ids(client, "/station/?show=called") and one not in ids(client, "/station/?show=new")
    page = act(client, one, "call", result="reached", note="đã hẹn xét nghiệm", done="y").text
    assert "Đã xong" in page
    assert one not in ids(client) and one in ids(client, "/station/?show=done")
    sealed = b"".join(note for note in all_of(town, StationStep.note) if note)
    assert "xét nghiệm".encode() not in sealed
    actions = set(all_of(town, AuditEntry.action))
    assert {"station.read", "station.take", "station.call"} <= actions
    assert not [one for one in all_of(town, AuditEntry.detail) if "hẹn" in str(one)]


def test_two_at_once_the_second_sees_what_happened_and_loses_nothing(town):
    first, second = signed_in(town), signed_in(town, COLLEAGUE)
    one = ids(first)[0]
    act(first, one, "call", result="reached", note="đã khỏi", seen="0")
    late = act(second, one, "call", result="not_reached", note="máy bận", seen="0")
    assert late.status_code == 409
    for words in ("làm trước bạn, lúc", "đã khỏi", "máy bận"):
        assert words in late.text
    assert len(all_of(town, StationStep.what)) == 1


def test_somebody_taken_is_shown_as_taken_and_let_go_again(town):
    first, second = signed_in(town), signed_in(town, COLLEAGUE)
    one = ids(first)[0]
    act(first, one, "take")
    assert "giang@tram" in second.get("/station/").text
    assert "Tôi gọi thay" in second.get(f"/station/people/{one}").text
    act(first, one, "let-go")
    assert "Tôi gọi người này" in second.get(f"/station/people/{one}").text


def test_the_last_step_is_taken_back_once_and_stays_on_record(town):
    client = signed_in(town)
    one = ids(client)[0]
    act(client, one, "call", result="reached", done="y")
    page = act(client, one, "undo").text
    assert "Bỏ bước vừa làm" in page and one in ids(client, "/station/?show=new")
    assert all_of(town, StationStep.what) == ["call", "undo"]
    again = act(client, one, "undo")
    assert "Không làm được việc này lúc này" in again.text


def test_who_stays_elsewhere_is_handed_over_with_a_trace(town):
    client, other = signed_in(town), signed_in(town, OTHER)
    for one in ids(client):
        act(client, one, "take")
        act(client, one, "move", to=factories.HONG_GAI, move_note="ở nhà con gái")
    assert ids(client) == []
    page = client.get("/station/").text
    assert "Phường Hồng Gai" in page and "Đã chuyển sang trạm khác" in page and "Ánh Tuyết" not in page
    moved = ids(other)
    assert len(moved) == 2
    shown = other.get(f"/station/people/{moved[0]}").text
    for words in ("Nguyễn Thị Ánh Tuyết", "0912 345 678", "ở nhà con gái", "Phường Hà Tu", "giang@tram"):
        assert words in shown
    assert client.get(f"/station/people/{moved[0]}").status_code == 404
    # New again there, and free to be called.
    assert set(all_of(town, StationCall.state)) == {"new"}
    act(other, moved[0], "call", result="reached", done="y")
    assert ids(other) == [moved[1]]


def test_nobody_is_handed_over_to_a_place_without_a_station_of_ours(town):
    client = signed_in(town)
    one = ids(client)[0]
    for to in ("", factories.HA_TU, "00070", "x"):
        answer = act(client, one, "move", to=to, move_note="nhắn")
        assert answer.status_code == 422 and "Chọn xã, phường khác" in answer.text and 'value="nhắn"' in answer.text
    assert one in ids(client)


def test_another_station_reaches_nobody_of_this_one(town):
    own, other = signed_in(town), signed_in(town, OTHER)
    for one in ids(own):
        assert other.get(f"/station/people/{one}").status_code == 404
        token = factories.token(other, "/account")
        for what in ("take", "let-go", "call", "move", "undo"):
            said = {"csrf_token": token, "seen": "0", "result": "reached", "to": factories.HONG_GAI}
            assert other.post(f"/station/people/{one}/{what}", data=said).status_code in (404, 422)
    assert len(all_of(town, StationStep.what)) == 0


def test_whoever_acts_on_nothing_seen_is_told_so(town):
    client = signed_in(town)
    one = ids(client)[0]
    html = client.get(f"/station/people/{one}").text
    for seen in ("", "x", "-1", "99999999", "1", "٣"):
        posted = {"csrf_token": factories.hidden(html, "csrf_token"), "seen": seen}
        assert client.post(f"/station/people/{one}/take", data=posted).status_code == 409
    assert len(all_of(town, StationStep.what)) == 0


def test_done_leaves_the_list_after_three_days_and_what_waits_does_not(town):
    client = signed_in(town)
    door, home = ids(client)
    act(client, door, "call", result="reached", done="y")
    with clock.fixed(NOW + timedelta(days=4)):
        later = signed_in(town)
        assert ids(later) == [home] and ids(later, "/station/?show=done") == []


def test_who_sees_no_name_sees_numbers_and_who_waits_too_long(town):
    for who in (cast.CDC, cast.COMMAND):
        page = signed_in(town, who).get("/stations/").text
        assert "Phường Hà Tu" in page and "Ánh Tuyết" not in page and "Hưng" not in page
        row = page.split('<th scope="row"')[1]
        assert '<td class="n" data-label="Chưa gọi">2</td>' in row and "Quá lâu" not in row
    with clock.fixed(NOW + timedelta(hours=20)):
        assert "Quá lâu" in signed_in(town, cast.CDC).get("/stations/").text
    client = signed_in(town)
    act(client, ids(client)[0], "call", result="reached", done="y")
    row = signed_in(town, cast.CDC).get("/stations/").text.split('<th scope="row"')[1]
    assert '<td class="n" data-label="Chưa gọi">1</td>' in row and '<td class="n" data-label="Xong">1</td>' in row


@pytest.mark.parametrize(
    "poison", [None, {"journey": "x"}, {"journey": {"contacts": [1, None], "vehicle": {}, "day": 7}}]
)
def test_what_is_no_word_stops_neither_the_list_nor_the_page(town, poison):
    with inside(town):
        sealed = b"x" * 90 if poison is None else vault_of(town).seal({"full_name": "Trần Văn Hưng", **poison})
        db.session.execute(sa.update(StationCall).values(details=sealed))
        db.session.commit()
    client = signed_in(town)
    page = client.get("/station/").text
    assert page.count('<th scope="row"') == 2 and "Nguyễn Thị Ánh Tuyết" in page
    one = ids(client)[1]
    shown = act(client, one, "call", result="reached", done="y")
    assert shown.status_code == 200 and ("Không mở được chi tiết" if poison is None else "Trần Văn Hưng") in shown.text


def test_a_sheet_for_the_day_holds_everybody_and_is_on_record(town):
    page = signed_in(town).get("/station/?print=1").text
    assert "cất kỹ" in page and page.count('<th scope="row"') == 2
