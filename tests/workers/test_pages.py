"""The owner's pages of the people who work at a venue."""

import io
import re
import time
import zipfile
from datetime import timedelta

import pytest
import sqlalchemy as sa
from xlsxwriter import Workbook

from checkin import clock
from checkin.audit.models import AuditEntry, AuditWaiting
from checkin.db import db
from checkin.personcards import service as cards
from checkin.personcards.codes import new_code
from checkin.personcards.models import PersonCard
from checkin.venues.models import Code
from checkin.web import limiter
from checkin.workers.models import ShiftChange, Worker
from tests import cast, factories
from tests.conftest import NOW
from tests.personcards.conftest import address, issue
from tests.venues.pages import add, press, register
from tests.workers.conftest import FRIDAY, somebody
from tests.worlds import inside, vault_of

HUNG = {
    "full_name": "Trần Văn Hưng", "birth_year": "1971", "phone": "0904 118 226", "starts": "5h", "ends": "13h30",
    "weekdays": ["0", "1", "6"], "job": "bán cá",
}  # fmt: skip


@pytest.fixture
def client(world):
    """A browser at the public tier, whose role reads no more than it must; the clock stands at NOW."""
    with clock.fixed(NOW):
        yield world.app("public").test_client()


@pytest.fixture
def shop(client):
    """The address of Bình's venue."""
    return register(client).location


def roster(world, model=Worker):
    with clock.fixed(NOW), inside(world.app()):
        return db.session().scalars(sa.select(model)).all()


def test_an_owner_types_somebody_and_from_then_on_sees_a_masked_name_alone(world, client, shop):
    empty = client.get(f"{shop}/workers/").text
    assert "Chưa có ai" in empty
    done = press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    assert done.location == f"{shop}/workers/"
    page = client.get(done.location).text
    assert "T. V. Hưng" in page and "05:00–13:30" in page and "T2, T3, CN" in page and "bán cá" in page
    (worker,) = roster(world)
    for path in ("", "today", "sheet", str(worker.id), "new"):
        shown = client.get(f"{shop}/workers/{path}").text
        assert "Trần" not in shown and "904118226" not in shown.replace(" ", "") and "1971" not in shown
    assert (worker.weekdays, worker.starts, worker.ends) == (0b1000011, 300, 810)
    details = vault_of(world.app()).open(worker.details)
    assert (details["full_name"], details["phone"], details["birth_year"]) == ("Trần Văn Hưng", "+84904118226", 1971)
    with inside(world.app()):
        # On PostgreSQL what the public tier does waits to be taken into the log.
        kind = AuditEntry if world.kind == "sqlite" else AuditWaiting
        entry = db.session().scalars(sa.select(kind).where(kind.action == "worker.add")).one()
        assert "Hưng" not in f"{entry.subject}{entry.detail}"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("full_name", "123", "Ghi họ và tên bằng chữ"),
        ("birth_year", "71", "Năm sinh gồm bốn chữ số"),
        ("birth_year", "2031", "Năm sinh ở tương lai"),
        ("phone", "", "Ghi số điện thoại hoặc số căn cước"),
        ("phone", "0912", "Số điện thoại chưa đúng"),
        ("id_number", "12", "Số này chưa đúng"),
        ("starts", "25h", "Ghi giờ bắt đầu"),
        ("ends", "chiều", "Ghi giờ kết thúc"),
        ("weekdays", [], "Chưa hiểu các ngày làm"),
        ("weekdays", ["9", "x"], "Chưa hiểu các ngày làm"),
        ("job", "x" * 61, "Dài quá"),
        ("zone", "not-a-zone", "Không có khu này"),
    ],
)
def test_it_says_beside_the_field_what_is_wrong_and_keeps_what_was_typed(world, client, shop, field, typed, said):
    answer = press(client, f"{shop}/workers/new", f"{shop}/workers/new", **{**HUNG, field: typed})
    assert answer.status_code == 422 and said in answer.text
    if field != "full_name":
        assert 'value="Trần Văn Hưng"' in answer.text
    assert roster(world) == []


def test_the_same_person_is_said_to_be_there_and_not_put_down_twice(world, client, shop):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    again = press(client, f"{shop}/workers/new", f"{shop}/workers/new", **{**HUNG, "full_name": "TRAN VAN HUNG"})
    assert again.status_code == 422 and "đã có trong danh sách" in again.text
    assert len(roster(world)) == 1
    # At another venue they are somebody of that one too.
    other = add(client, name="Kho hàng Bình", address="Số 9, phố Mới").location
    assert press(client, f"{other}/workers/new", f"{other}/workers/new", **HUNG).status_code == 302


def test_who_left_is_shown_for_a_week_and_comes_back(world, client, shop):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    (worker,) = roster(world)
    press(client, f"{shop}/workers/", f"{shop}/workers/{worker.id}/leave")
    assert "Mới nghỉ việc" in client.get(f"{shop}/workers/").text
    assert roster(world)[0].last_day == FRIDAY
    for days, shown in ((7, True), (8, False)):
        with clock.fixed(NOW + timedelta(days=days)):
            assert ("Mới nghỉ việc" in client.get(f"{shop}/workers/").text) is shown
    press(client, f"{shop}/workers/", f"{shop}/workers/{worker.id}/return")
    assert roster(world)[0].last_day is None


def test_whom_an_owner_put_down_by_mistake_goes_on_the_same_day_and_is_typed_anew(world, client, shop):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    (worker,) = roster(world)
    page = f"{shop}/workers/{worker.id}"
    assert "Ghi nhầm: xoá người này" in client.get(page).text
    gone = press(client, page, f"{page}/remove")
    assert gone.location == f"{shop}/workers/"
    shown = client.get(gone.location).text
    assert "Đã xoá T. V. Hưng" in shown and "Chưa có ai" in shown and "Mới nghỉ việc" not in shown
    assert "Hưng" not in client.get(f"{shop}/workers/today").text + client.get(f"{shop}/workers/sheet").text
    # Neither opened nor taken back, and the same person is put down once more.
    assert client.get(page).status_code == 404
    for what in ("remove", "return", "leave", "day"):
        answer = press(client, f"{shop}/workers/new", f"{page}/{what}", day=str(FRIDAY), what="planned")
        assert answer.status_code in (403, 404)
    assert press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG).status_code == 302
    assert "T. V. Hưng" in client.get(f"{shop}/workers/").text
    with inside(world.app()):
        kind = AuditEntry if world.kind == "sqlite" else AuditWaiting
        entry = db.session().scalars(sa.select(kind).where(kind.action == "worker.remove")).one()
        assert entry.subject == str(worker.id)


def test_from_the_day_after_nobody_is_removed_any_more(world, client, shop):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    (worker,) = roster(world)
    page = f"{shop}/workers/{worker.id}"
    with clock.fixed(clock.day_bounds(FRIDAY)[1]):
        assert client.get(page).status_code == 200 and "Ghi nhầm" not in client.get(page).text
        answer = press(client, page, f"{page}/remove")
        assert answer.location == page and "Chỉ xoá được trong ngày thêm" in client.get(page).text
    assert roster(world)[0].last_day is None


def test_an_owner_gives_a_day_off_other_hours_and_takes_both_back(world, client, shop):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **{**HUNG, "weekdays": list("0123456")})
    (worker,) = roster(world)
    page, send = f"{shop}/workers/today", f"{shop}/workers/{worker.id}/day"
    assert "Nghỉ hôm nay" in client.get(page).text
    press(client, page, send, day="2026-11-20", what="absent")
    assert "Hoàn tác" in client.get(page).text
    press(client, page, send, day="2026-11-20", what="planned")
    assert "Nghỉ hôm nay" in client.get(page).text
    wrong = press(client, page, send, day="2026-11-20", what="hours", starts="6h", ends="99h", left="")
    assert wrong.status_code == 422 and 'value="99h"' in wrong.text and "Ghi giờ kết thúc" in wrong.text
    ahead = press(client, page, send, day="2026-11-20", what="hours", starts="6h", ends="12h", left="11:30")
    assert ahead.status_code == 422 and "Giờ về phải sau giờ bắt đầu và không ở tương lai" in ahead.text
    press(client, page, send, day="2026-11-20", what="hours", starts="6h", ends="12h", left="9h15")
    shown = client.get(page).text
    assert "06:00–12:00" in shown and "đã về lúc 09:15" in shown
    assert roster(world, ShiftChange)[0].kind == "hours"


@pytest.mark.parametrize("day", ["2026-11-16", "2026-12-05", "x", "", "0000-00-00", "9999-12-31"])
def test_days_too_far_away_are_no_days_to_change(world, client, shop, day):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    (worker,) = roster(world)
    answer = press(client, f"{shop}/workers/today", f"{shop}/workers/{worker.id}/day", day=day, what="absent")
    assert answer.status_code in (400, 422)
    assert client.get(f"{shop}/workers/today", query_string={"day": day}).status_code == 200
    assert client.get(f"{shop}/workers/sheet", query_string={"day": day}).status_code == 200
    assert roster(world, ShiftChange) == []


PASTED = """Họ tên\tNăm sinh\tĐiện thoại hoặc số căn cước\tKhu\tTừ\tĐến\tNgày làm
Trần Văn Hưng\t1971\t0904 118 226\t\t5h\t13h\tT2-T7
Nguyễn Thị Ánh Tuyết\t02/09/1985\t022185001234\t\t7h30\t17:00\thằng ngày
Lê Thị Không Số\t1990\t\t\t7h\t17h\t
Trần Văn Hưng\t1971\t0904118226\t\t5h\t13h\t
Phạm Văn Lạ\t1988\t0905 111 222\tTầng 9\t7h\t17h\tT9
"""


def test_what_is_right_of_a_pasted_list_is_saved_and_the_rest_stays_in_the_box(world, client, shop):
    page = f"{shop}/workers/paste"
    preview = press(client, page, page, rows=PASTED, save="")
    assert preview.status_code == 200 and "Lưu 2 người ghi đúng" in preview.text and roster(world) == []
    for said in ("Ghi số điện thoại hoặc số căn cước", "đã có ở dòng trên", "Không có khu này", "Chưa hiểu các ngày"):
        assert said in preview.text
    saved = press(client, page, page, rows=PASTED, save="1")
    box = re.search(r"<textarea[^>]*>(.*?)</textarea>", saved.text, re.S)[1]
    assert len(box.strip().splitlines()) == 4 and "Lê Thị Không Số" in box and "Ánh Tuyết" not in box
    assert "Đã thêm 2 người" in client.get(f"{shop}/workers/").text or "Đã thêm 2 người" in saved.text
    tuyet = next(one for one in roster(world) if one.masked_name.endswith("Tuyết"))
    assert vault_of(world.app()).open(tuyet.details)["id_number"] == "022185001234"
    assert (tuyet.starts, tuyet.ends, tuyet.weekdays) == (450, 1020, 127)


def test_a_column_that_is_not_used_is_said(client, shop):
    page = f"{shop}/workers/paste"
    rows = "Họ tên\tNăm sinh\tSĐT\tLương <b>\nTrần Văn Hưng\t1971\t0904 118 226\t5"
    shown = press(client, page, page, rows=rows, save="").text
    assert "Cột không dùng đến: Lương &lt;b&gt;." in shown
    assert "Cột không dùng đến" not in press(client, page, page, rows=PASTED, save="").text


@pytest.mark.parametrize("body", [b"%PDF-1.7 x", b"PK\x03\x04 no zip", b"\xd0\xcf\x11\xe0old"])
def test_a_file_that_is_no_table_is_refused_in_words(client, shop, body):
    page = f"{shop}/workers/paste"
    answer = press(client, page, page, rows="", save="", file=(io.BytesIO(body), "ds.xlsx"))
    assert answer.status_code == 422 and "Không đọc được tệp này" in answer.text


def test_cards_are_scanned_one_after_the_other_onto_the_list(world, client, shop):
    page = f"{shop}/workers/scan"
    post = {"starts": "7h", "ends": "17h", "weekdays": list("012345")}
    first = press(client, page, page, card=cast.CCCD, **post)
    assert first.status_code == 200 and "Đã thêm N. T. Ánh Tuyết" in first.text and "022185001234" not in first.text
    assert "Đã thêm T. V. Hưng" in press(client, page, page, card=cast.CCCD_MAN, **post).text
    again = press(client, page, page, card=cast.CCCD, **post)
    assert again.status_code == 422 and "đã có trong danh sách" in again.text
    assert "Không đọc được thẻ này" in press(client, page, page, card="xyz", **post).text
    assert len(roster(world)) == 2


def test_an_outsider_finds_none_of_it(world, client, shop):
    press(client, f"{shop}/workers/new", f"{shop}/workers/new", **HUNG)
    (worker,) = roster(world)
    chi = world.app("public").test_client()
    register(chi, login="0904 118 227", password=cast.OUTSIDER[1], name="Quán của Chi")
    for path in ("", "new", "paste", "scan", "today", "sheet", str(worker.id)):
        assert chi.get(f"{shop}/workers/{path}").status_code == 404
    token = factories.token(chi, "/venues/new")
    for path in ("leave", "return", "day"):
        sent = {"csrf_token": token, "day": "2026-11-20", "what": "absent"}
        assert chi.post(f"{shop}/workers/{worker.id}/{path}", data=sent).status_code == 404


def test_a_card_that_was_issued_here_is_scanned_onto_the_list_and_its_details_are_copied_sealed(world, client, shop):
    page, post = f"{shop}/workers/scan", {"starts": "7h", "ends": "17h", "weekdays": list("012345")}
    made = issue(world)
    before = clock.today()
    done = press(client, page, page, card=address(made), **post)
    assert done.status_code == 200, re.findall(r"role=.alert.>[^<]*", done.text)
    assert "Đã thêm Nguyễn T. Á. T." in done.text and "Ánh Tuyết" not in done.text
    (worker,) = roster(world)
    (card,) = roster(world, PersonCard)
    assert (worker.details, worker.person_id, worker.age_band) == (card.details, card.person_id, card.age_band)
    assert vault_of(world.app()).open(worker.details)["full_name"] == cast.CITIZEN.full_name
    assert card.used_on == before
    # The same person by the bare code, and by the papers of the state.
    for again in (made.code, cast.CCCD):
        assert "đã có trong danh sách" in press(client, page, page, card=again, **post).text
    assert len(roster(world)) == 1


def test_a_code_that_is_no_persons_card_in_use_puts_nobody_on_the_list(world, client, shop):
    page, post = f"{shop}/workers/scan", {"starts": "7h", "ends": "17h", "weekdays": list("012345")}
    with clock.fixed(NOW), inside(world.app()):
        door = db.session().scalars(sa.select(Code.code).where(Code.revoked_at.is_(None))).first()
    gone, other = issue(world), issue(world)
    with clock.fixed(NOW), inside(world.app()):
        assert cards.report_lost(db.session(), vault_of(world.app()), now=NOW, lost_code=gone.lost_code)
        db.session.commit()
    for card, words in (
        (address(gone), "Thẻ này đã huỷ"),
        (f"http://localhost:8000/v/{door}", "mã dán ở cửa"),
        (door, "mã dán ở cửa"),
        (f"http://localhost:8000/c/{new_code()}", "Không có thẻ này"),
        (f"{address(gone)}\n{address(other)}", "Hai thẻ khác nhau"),
    ):
        answer = press(client, page, page, card=card, **post)
        assert answer.status_code == 422 and words in answer.text, words
    assert roster(world) == []


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
NAMES = b'<row r="%d"><c t="inlineStr"><is><t>Nguyen Van An</t></is></c><c><v>1980</v></c><c t="inlineStr"><is><t>0904118226</t></is></c></row>'


def workbook_of(sheet, text=b""):
    """A workbook whose only sheet is these bytes, and its only word this text."""
    plain, out = io.BytesIO(), io.BytesIO()
    with Workbook(plain) as book:
        book.add_worksheet().write(0, 0, "x")
    words = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>%s</t></si></sst>' % text
    new = {"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": words}
    with zipfile.ZipFile(plain) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts.infolist():
            packed.writestr(part.filename, new.get(part.filename) or parts.read(part))
    return io.BytesIO(out.getvalue())


def send(client, shop, file):
    """The answer to a file, and how many seconds of this process it took."""
    page = f"{shop}/workers/paste"
    token = factories.token(client, page)
    before = time.process_time()
    answer = client.post(page, data={"csrf_token": token, "rows": "", "save": "", "file": (file, "ds.xlsx")})
    return answer, time.process_time() - before


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (SHEET % (b'<row r="1">' + b"<c/>" * 900_000 + b"</row>"), "Tệp này quá lớn"),
        (SHEET % (b"<row/>" * 100_000), "Tệp này quá lớn"),
        (SHEET % (b"<c><v/></c>" * 40_000), "Tệp này quá lớn"),
        (SHEET % b"" + b" " * 5_000_000, "Tệp này quá lớn"),
        (SHEET % (NAMES % 1_048_576), "mỗi người một dòng"),
        ((SHEET % (b"<row>" + b"<c/>" * 100_000 + b"</row>")).decode().encode("utf-16"), "Không đọc được"),
        (b'<?xml version="1.0" encoding="cp037"?>' + (SHEET % b"<row/>").decode().encode("cp037"), "Không đọc được"),
    ],
    ids=[
        "one long row",
        "many rows",
        "cells",
        "unpacks to more",
        "a row far below",
        "two bytes a letter",
        "another code",
    ],
)
def test_a_small_file_made_to_be_long_to_read_is_refused_at_once(client, shop, sheet, said):
    answer, seconds = send(client, shop, workbook_of(sheet))
    assert answer.status_code == 422 and said in answer.text
    assert seconds < 1.5


def test_one_long_text_in_every_cell_is_cut_before_it_is_handled(client, shop):
    row = b"<row>" + b'<c t="s"><v>0</v></c>' * 60 + b"</row>"
    answer, seconds = send(client, shop, workbook_of(SHEET % (row * 400), b"x" * 1_000_000))
    assert answer.status_code == 200 and len(answer.data) < 2_000_000 and seconds < 3


def test_a_list_of_five_hundred_in_a_workbook_is_read(client, shop):
    answer, _ = send(client, shop, workbook_of(SHEET % b"".join(NAMES % row for row in range(1, 501))))
    assert answer.status_code == 200 and answer.text.count("Nguyen Van An") >= 500


def test_lists_that_are_sent_one_after_the_other_are_slowed(client, shop):
    page = f"{shop}/workers/paste"
    token = factories.token(client, page)
    limiter.enabled = True
    try:
        codes = [client.post(page, data={"csrf_token": token, "rows": ""}).status_code for _ in range(61)]
    finally:
        limiter.enabled = False
        limiter.reset()
    assert codes[0] == 422 and codes[-1] == 429


@pytest.fixture
def factory(market):
    """The address of a market with 205 people in two zones, and its owner's browser."""
    people = [
        somebody(number, name)
        for number, name in enumerate(["Vũ Thị Đào", "Đỗ Văn Hưng", "Lê Hùng"] + ["Ma A Pó"] * 202)
    ]
    market.add_all(people, zone_id=market.zone_id)
    browser = market.world.app("public").test_client()
    factories.sign_in(browser, cast.OWNER)
    return f"/venues/{market.venue_id}/workers/", browser


def names_on(page):
    return re.findall(r'<li class="split"><span><b translate="no" lang="vi">([^<]*)<', page)


def test_a_long_list_is_turned_page_by_page_and_everybody_is_on_one_of_them(factory):
    page, browser = factory
    with clock.fixed(NOW):
        seen, address = [], page
        while address:
            text = browser.get(address).text
            assert "(205)" in text
            seen.append(names_on(text))
            following = re.search(r'<a href="([^"]*after=[^"]*)" rel="next"', text)
            address = following and following[1]
        assert [len(one) for one in seen] == [100, 100, 5]
        assert [name for one in seen for name in one][:3] == ["V. T. Đào", "Đ. V. Hưng", "L. Hùng"]
        for odd in ("x", "0", "a" * 300, "00000000-0000-0000-0000-000000000000"):
            assert names_on(browser.get(page, query_string={"after": odd}).text)[0] == "V. T. Đào"


def test_people_are_found_by_name_zone_and_job_however_typed_and_the_words_stand_in_no_address(factory):
    page, browser = factory
    with clock.fixed(NOW):
        for typed, names in (
            ("HUNG", ["Đ. V. Hưng", "L. Hùng"]), ("d. v.  hưng", ["Đ. V. Hưng"]), ("hung hang ca", ["Đ. V. Hưng", "L. Hùng"]),
            ("ban ca dao", ["V. T. Đào"]), ("không có ai", []), ("%", []), ("<b>", []),
        ):  # fmt: skip
            answer = press(browser, page, page, text=typed)
            assert answer.status_code == 200 and names_on(answer.text) == names, typed
        many = press(browser, page, page, text="hàng cá").text
        assert "Có 205 người" in many and len(names_on(many)) == 100 and "100 người đầu tiên" in many
        assert len(names_on(press(browser, page, page, text="").text)) == 100
        long = press(browser, page, page, text="x" * 101)
        assert long.status_code == 422 and "Dài quá" in long.text
        assert browser.get(page, query_string={"text": "hung"}).text.count('<li class="split">') == 100
