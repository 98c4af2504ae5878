"""Exported lists: no cell becomes a formula, names stay what they were, and nobody is lost on the way."""

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO
from unicodedata import category, normalize

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.cells import FORMULA_STARTS, safe
from checkin.exposure import exports, queries, sheets
from checkin.exposure.asking import Asked
from checkin.exposure.exporting import counted, export_person, place_heads, place_lines, source, whole_list
from checkin.exposure.exports import TooManyRows, text_of, to_csv, to_xlsx
from checkin.exposure.models import Lookup
from checkin.exposure.overlap import Window, presences
from checkin.exposure.queries import Area
from checkin.exposure.service import Bound, PersonAsked, PlaceAsked, ask_person, ask_place
from tests import cast, factories
from tests.conftest import NOW

HOUR = timedelta(hours=1)
WINDOW = Window(NOW - HOUR, NOW + HOUR)
HEADS = ["STT", "Họ và tên"]
ABOUT = [("Tra cứu", "TC-000001"), ("Lý do", "Chùm ca ở chợ")]
NAMES = [
    "Nguyễn Thị Ánh Tuyết",
    normalize("NFD", "Nguyễn Thị Ánh Tuyết"),
    "O'Brien, Seán",
    'Trần "Ba" Hưng',
    "한지민",
    "محمد",
    "Lê\u200dVăn 👩🏽‍⚕️",
    "A; B\tC",
    "hai\ndòng",
    "NULL",
    "0123456789",
    "1E5",
    "true",
    "'tên có dấu nháy",
    "https://example.vn/",
    "_x0041_",
    "x" * 10_000,
]
FORMULAS = [
    '=HYPERLINK("http://evil.example","Bấm")',
    "+84912345678",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "  =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\x00=1+1",
    "\x00\x00 \x00=1+1",
    "\u200b=1+1",
    "\u200e=1+1",
    "\ufeff=1+1",
    " \u200f\u2007＝1",
]


def read_csv(body):
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(body.decode("utf-8-sig"), newline="")))


def read_xlsx(body):
    return openpyxl.load_workbook(BytesIO(body))


def cells(sheet):
    return [[cell.value for cell in line] for line in sheet.iter_rows(min_row=2)]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_begin_a_formula_gets_an_apostrophe_in_csv(text):
    shown = read_csv(to_csv(HEADS, [[1, text]]))[1][1]
    assert shown.startswith("'")
    assert "\x00" not in shown
    # Within a cell too, where a reader may split it: the apostrophes are all that was added.
    assert shown.replace("'", "") == text.replace("\x00", "").replace("'", "")


@pytest.mark.parametrize("text", FORMULAS)
def test_what_would_begin_a_formula_is_text_in_xlsx(text):
    cell = read_xlsx(to_xlsx("TC-000001", HEADS, [[1, text]], ABOUT))["TC-000001"]["B2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)


@pytest.mark.parametrize("text", NAMES)
def test_other_names_come_back_from_csv_and_xlsx_as_they_were(text):
    assert read_csv(to_csv(HEADS, [[1, text]]))[1] == ["1", text]
    sheet = read_xlsx(to_xlsx("TC-000001", HEADS, [[1, text]], ABOUT))["TC-000001"]
    assert cells(sheet) == [[1, text]]


@pytest.mark.parametrize("text", [*NAMES, *FORMULAS, "half \ud800 of a pair"])
def test_names_come_back_from_json_as_they_were_and_none_breaks_it(text):
    writer = text_of("json", HEADS)
    body = (
        writer.start() + writer.more([[1, text]]) + writer.more([]) + writer.more([[2, NOW]]) + writer.finish(ABOUT, "")
    )
    told = json.loads(body)
    assert told["people"][0] == {"STT": 1, "Họ và tên": text.replace("\ud800", "?")}
    assert told["people"][1]["Họ và tên"] == clock.local_text(NOW) and told["about"] == dict(ABOUT)
    # Without its end it is no JSON, so nobody takes it for whole; a bare one has no word besides its lines.
    for short in (body[:-3], writer.start() + writer.more([[1, text]]) + writer.short("chưa đủ")):
        with pytest.raises(ValueError, match=":"):
            json.loads(short)
    bare = text_of("json", HEADS, bare=True)
    told = json.loads(bare.start() + bare.more([[1, text], [2, None]]) + bare.finish(ABOUT, "Nguồn"))
    assert [one["STT"] for one in told] == [1, 2] and "Họ và tên" not in told[1]


@given(st.text(max_size=40))
def test_no_text_at_all_begins_a_formula_in_csv(text):
    body = to_csv(HEADS, [[1, text]])
    shown = read_csv(body)[1][1]
    assert not shown.lstrip().startswith(FORMULA_STARTS)
    assert not "".join(char for char in shown if category(char) not in {"Cc", "Cf"}).lstrip().startswith(FORMULA_STARTS)
    # Apostrophes are put in, also behind what a spreadsheet may split at; nothing else changes.
    assert shown.replace("'", "") == text.replace("\x00", "").replace("'", "")
    assert safe(text) == shown


@settings(max_examples=25)
@given(
    st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=20), min_size=1, max_size=8)
)
def test_any_names_come_back_from_xlsx(names):
    sheet = read_xlsx(to_xlsx("TC-000001", HEADS, [[1, name] for name in names], ABOUT))["TC-000001"]
    assert [line[1] for line in cells(sheet)] == names


def test_numbers_are_numbers_and_text_that_looks_like_one_is_text():
    lines = [[7, "022185001234"], [None, "0912 345 678"]]
    sheet = read_xlsx(to_xlsx("TC-000001", HEADS, lines, ABOUT))["TC-000001"]
    assert [sheet["A2"].data_type, sheet["B2"].data_type, sheet["B3"].data_type] == ["n", "s", "s"]
    assert cells(sheet) == [[7, "022185001234"], [None, "0912 345 678"]]


def test_the_second_sheet_says_who_made_the_list_and_for_what():
    book = read_xlsx(to_xlsx("TC-000001", HEADS, [], [*ABOUT, ("Người", "=1+1")]))
    assert book.sheetnames == ["TC-000001", "Thông tin"]
    second = book["Thông tin"]
    assert [[cell.value for cell in line] for line in second.iter_rows()] == [*map(list, ABOUT), ["Người", "=1+1"]]
    assert second["B3"].data_type == "s"


def test_an_empty_list_is_a_file_with_its_heads():
    assert read_csv(to_csv(HEADS, [])) == [HEADS]
    assert [cell.value for cell in read_xlsx(to_xlsx("TC-000001", HEADS, [], ABOUT))["TC-000001"][1]] == HEADS


def test_a_list_that_a_sheet_cannot_hold_is_refused_and_never_cut(monkeypatch):
    assert exports.XLSX_ROWS == 2**20 - 1  # a sheet's rows without the heads
    monkeypatch.setattr(exports, "XLSX_ROWS", 3)
    assert len(cells(read_xlsx(to_xlsx("T", HEADS, [[n, "x"] for n in range(3)], ABOUT))["T"])) == 3
    with pytest.raises(TooManyRows):
        to_xlsx("T", HEADS, [[n, "x"] for n in range(4)], ABOUT)
    assert len(read_csv(to_csv(HEADS, [[n, "x"] for n in range(4)]))) == 5


# The lists as they are exported.


@pytest.fixture
def actor(session, vault):
    return factories.account(session, vault, "cdc", cast.CDC).actor


@pytest.fixture
def market(session, vault):
    return factories.venue(session, vault, "=Chợ Hạ Long 1", kind="market")


def neighbour(number, name="Trần Văn Hưng"):
    return cast.Identity(
        full_name=name, birth_year=1971, gender="male", phone=f"+8490411{number:04d}", province_id="22",
        commune_id="06652", address="@nhà số 3",
    )  # fmt: skip


@pytest.fixture
def exported(app, session, vault, market, actor):
    """A function that gives the exported list of the market in a format."""

    def export(form):
        window = WINDOW
        lookup = ask_place(
            session, now=NOW, actor=actor, bound=Bound(case=factories.case(session), signal=None, reason="Chùm ca"),
            asked=PlaceAsked(start=window.start, end=window.end, venue_id=market.id),
        )  # fmt: skip
        stays = queries.stays_at(session, Area((market.id,)), window.start, window.end, timedelta(hours=12))
        found = presences(stays, window)
        with app.test_request_context(headers={"Accept-Language": "vi"}):
            lines = place_lines(session, vault, Asked.of(session, lookup), found)
            if form == "csv":
                return found, to_csv(place_heads(), lines)
            case = factories.case(session)
            about = counted(source(lookup, case, by="Ng. Văn Xuất", at=NOW), len(lines))
            sheet = sheets.PeopleSheet(lookup, case, whole_list(session, lookup, case))
            return found, sheets.workbook(sheet, lines, about)

    return export


def damage(session, person_id, details):
    session.execute(
        sa.text("UPDATE declaration SET details = :details WHERE person_id = :person").bindparams(
            sa.bindparam("person", person_id, sa.Uuid), sa.bindparam("details", details, sa.LargeBinary)
        )
    )


@pytest.mark.parametrize("damaged", [b"", b"abcd", b"\x00" * 80], ids=["empty", "short", "of another key"])
def test_as_many_rows_go_out_as_people_were_found_also_with_one_that_cannot_be_opened(
    app, session, vault, market, exported, damaged
):
    for number in range(5):
        factories.check_in(app, session, vault, market, cast.healthy(neighbour(number, f"Người số {number}")))
    found, _ = exported("csv")
    damage(session, found[2].person_id, damaged)
    found, body = exported("csv")
    lines = read_csv(body)[1:]
    assert len(lines) == len(found) == 5
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [line[1] for line in lines].count("(không mở được)") == 1
    assert lines[2][1] == "(không mở được)"
    assert len(cells(read_xlsx(exported("xlsx")[1])["TC-000003"])) == 5


def test_details_under_the_right_key_that_are_no_details_stop_no_list(app, session, vault, market, exported):
    for number in range(2):
        factories.check_in(app, session, vault, market, cast.healthy(neighbour(number)))
    found, _ = exported("csv")
    damage(session, found[0].person_id, vault.seal({"something": "else"}))
    assert len(read_csv(exported("csv")[1])) == 3


def test_an_exported_list_has_its_columns_in_words_and_minutes_as_numbers(app, session, vault, market, exported):
    done = factories.check_in(app, session, vault, market, cast.coughing(), at=NOW - timedelta(minutes=30))
    session.execute(
        sa.text("UPDATE visit SET left_at = until_likely, until_latest = until_likely WHERE id = :id").bindparams(
            sa.bindparam("id", done.visit_id, sa.Uuid)
        )
    )
    sheet = read_xlsx(exported("xlsx")[1])["TC-000001"]
    heads = [cell.value for cell in sheet[1]]
    line = dict(zip(heads, (cell.value for cell in sheet[2]), strict=True))
    assert line == {
        "STT": 1,
        "Họ và tên": "Nguyễn Thị Ánh Tuyết",
        "Năm sinh": 1985,
        "Điện thoại": "0912 345 678",
        "Số giấy tờ": "022185001234",
        "Xã, phường": "Phường Hà Tu, Quảng Ninh",
        "Địa chỉ": "Số 12, đường Trần Phú",
        "Quốc tịch": "VN",
        "Nơi có mặt": "=Chợ Hạ Long 1",
        "Vào lúc": NOW.replace(tzinfo=None) + timedelta(hours=6, minutes=30),
        "Ra lúc": NOW.replace(tzinfo=None) + timedelta(hours=7, minutes=30),
        "Giờ ra là": "ghi nhận",
        "Phút chắc chắn": 60,
        "Phút có thể": 60,
        "Sàng lọc": "Theo dõi",
        "Đánh dấu": None,
        "Số người khai cùng tờ": None,
        "Mã tờ khai chung": None,
    }
    assert {cell.data_type for cell in sheet[2]} == {"n", "s", "d"}
    shown = read_csv(exported("csv")[1])[1]
    assert shown[9:11] == ["10:00 20/11/2026", "11:00 20/11/2026"]


def test_formulas_of_guests_and_owners_come_out_neutral(app, session, vault, market, exported):
    factories.check_in(app, session, vault, market, cast.healthy(neighbour(1, "=cmd|'/c calc'!A0")))
    line = read_csv(exported("csv")[1])[1]
    assert [line[1], line[6], line[8]] == ["'=cmd|'/c calc'!A0", "'@nhà số 3", "'=Chợ Hạ Long 1"]


def test_the_sheet_of_an_export_names_the_case_the_reason_and_who_asked(app, session, vault, market, exported):
    about = {a.value: b.value for a, b in read_xlsx(exported("xlsx")[1])["Nguồn"].iter_rows()}
    assert (about["Người xuất tệp"], about["Xuất lúc"], about["Số dòng"]) == ("Ng. Văn Xuất", "10:30 20/11/2026", "0")
    assert about["Tra cứu"] == "TC-000001"
    assert about["Lý do"] == "Chùm ca"
    assert about["Ca bệnh hoặc tín hiệu"].startswith("F0-")
    assert about["Khung giờ"] == "09:30 20/11/2026 – 11:30 20/11/2026"
    assert about["Người tra cứu"] == cast.CDC[0]


def test_the_time_line_of_a_person_has_one_line_per_visit_newest_first(app, session, vault, market, actor):
    for hours in (5, 3):
        factories.check_in(app, session, vault, market, at=NOW - hours * HOUR)
    lookup: Lookup = ask_person(
        session, vault, now=NOW, actor=actor, bound=Bound(case=None, signal="Tin báo", reason="Hỏi lại"),
        asked=PersonAsked(start=NOW - timedelta(days=1), end=NOW, id_number="022185001234"),
    )  # fmt: skip
    with app.test_request_context(headers={"Accept-Language": "vi"}):
        body, rows = export_person(session, vault, lookup, None, "csv", by="X", at=NOW, most=9)
    lines = read_csv(body)
    assert rows == 2
    assert [(line[0], line[1], line[11], line[13]) for line in lines[1:-1]] == [
        ("1", "Nguyễn Thị Ánh Tuyết", "07:30 20/11/2026", "ước đoán"),
        ("2", "Nguyễn Thị Ánh Tuyết", "05:30 20/11/2026", "ước đoán"),
    ]
