"""What the columns and rows of a list mean: pure rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.contactlists import columns, tables
from checkin.contactlists.columns import FIELDS
from checkin.contactlists.entries import judge
from checkin.contactlists.tables import Row, Table
from checkin.register.tables import BadFile
from tests import factories

TODAY = date(2026, 11, 20)


def entry(**told):
    cells = {"full_name": "Trần Văn Hưng", "phone": "0904118226", "met_on": "19/11/2026", **told}
    return judge(cells, province="22", today=TODAY)


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        (["STT", "HỌ VÀ TÊN", "SĐT"], ["", "full_name", "phone"]),
        (["phone number", "Full name", "Year of birth", "Ward"], ["phone", "full_name", "birth_year", "commune"]),
        (["Họ tên (*)", "Điện thoại liên hệ", "Ngày tiếp xúc", "Nơi ở"], ["full_name", "phone", "met_on", "address"]),
        (["Ho\u0323 te\u0302n", "Tên", "?"], ["full_name", "", ""]),
    ],
)
def test_columns_are_known_in_any_order_and_in_both_languages(heading, fields):
    assert columns.guessed(heading) == fields


def test_somebody_is_asked_about_what_says_nothing_and_not_about_numbers_and_reasons():
    heading = ["STT", "Người khai", "SĐT", "Dòng", "Lý do", ""]
    assert columns.unclear(heading, columns.guessed(heading)) == [1]
    assert columns.fits(["full_name", "", "phone"], 3) and not columns.fits(["full_name", "full_name"], 2)
    assert not columns.fits(["full_name"], 2) and not columns.fits(["constructor"], 1)


@pytest.mark.parametrize(
    ("told", "faults"),
    [
        ({"full_name": "", "phone": ""}, ("name", "phone_missing")),
        ({"full_name": "12"}, ("name",)),
        ({"full_name": "x" * 101}, ("name_long",)),
        ({"phone": "12"}, ("phone",)),
        ({"met_on": "31/02/2026"}, ("met_on",)),
        ({"met_on": "hôm qua"}, ("met_on",)),
        ({"met_on": "21/11/2026"}, ("met_on_future",)),
        ({"met_on": "20/11/2026"}, ()),
        ({"met_on": str(TODAY - timedelta(days=60))}, ()),
        ({"met_on": str(TODAY - timedelta(days=61))}, ("met_on_old",)),
    ],
)
def test_a_row_says_all_that_is_wrong_with_it(told, faults):
    assert entry(**told).faults == faults


def test_numbers_days_and_years_are_read_as_lists_write_them():
    for phone in ("0904118226", "904118226", "+84 904 118 226", "0904.118.226; 0912345678", "٠٩٠٤١١٨٢٢٦"):
        assert entry(phone=phone).phone == "+84904118226", phone
    for day in (
        "19/11/2026",
        "19-11-2026",
        "19.11.2026 08:30",
        "2026-11-19",
        "2026-11-19 00:00:00",
        "2026-11-19T00:00",
    ):
        assert entry(met_on=day).met_on == date(2026, 11, 19), day
    for year, read in (
        ("1971", 1971),
        ("02/09/1971", 1971),
        ("1971-09-02 00:00:00", 1971),
        ("2030", None),
        ("71", None),
    ):
        assert entry(birth_year=year).birth_year == read, year
    assert entry(met_on="").notes == ("met_on_missing", "commune") and entry(birth_year="x").notes[0] == "birth_year"


def test_a_commune_of_before_leads_to_that_of_today_and_a_doubtful_one_to_the_cdc():
    assert entry(commune="Phường Hà Tu").commune_id == factories.HA_TU
    assert entry(address="Số 12, phường Hà Tu, Hạ Long, Quảng Ninh").commune_id == factories.HA_TU
    # A ward that there is no more since 1 July 2025.
    assert entry(commune="Bạch Đằng", district="Hạ Long").commune_id == factories.HONG_GAI
    assert entry(commune="Hoàn Kiếm, Hà Nội").commune_id is None
    assert entry(address="Số 3, Cầu Giấy, Hà Nội").notes == ("commune",)


def test_a_name_written_otherwise_with_the_same_number_is_the_same():
    assert entry().key == entry(full_name="TRAN VAN HUNG", phone="+84904118226").key
    assert entry().key != entry(full_name="Trần Văn Hoà").key


CELL = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00\r\n"), max_size=30)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_rows_that_travel_with_the_form_come_back_as_they_were(rows):
    table = Table(("Họ tên", "SĐT", "x"), [Row(line, tuple(cells)) for line, cells in enumerate(rows, 2)])
    back = tables.of_text(tables.as_text(table).replace("\n", "\r\n"))
    assert back.heading == table.heading
    # A formula's mark, which a file of errors puts in front, is taken out; else nothing changes.
    assert [[cell.lstrip("'") for cell in row.cells] for row in back.rows] == [
        [cell.lstrip("'") for cell in row.cells] for row in table.rows
    ]
    assert [row.line for row in back.rows] == [row.line for row in table.rows]


def csv(*lines, encoding="utf-8"):
    return "\n".join(lines).encode(encoding)


def test_a_file_is_read_whatever_stands_above_its_heading_and_one_bad_row_stops_nothing():
    body = csv(
        "TRUNG TÂM KIỂM SOÁT BỆNH TẬT",
        "Ngày 20/11/2026",
        "",
        "STT;Họ tên;SĐT",
        '1;"An;0904118226',
        "2;Bình;0904118227",
        "3;Chi;1;2;3",
        "4;" + "x" * 400 + ";1",
    )
    table = tables.read(body)
    assert table.heading == ("STT", "Họ tên", "SĐT")
    assert [(row.line, row.fault) for row in table.rows] == [(5, "quotes"), (6, ""), (7, "cells"), (8, "cell_long")]
    assert tables.read(csv("Họ tên\tSĐT", "An\t1", encoding="utf-16")).rows[0].cells == ("An", "1")
    assert tables.read(csv("Ho ten,SDT", "An,1", encoding="cp1258")).rows[0].cells == ("An", "1")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"), (b"%PDF-1.7", "kind"), (b"\xd0\xcf\x11\xe0", "old_excel"), (csv("Họ tên,SĐT"), "no_rows"),
        (b"PK\x03\x04 broken", "damaged"), (b"a" * (tables.LARGEST + 1), "large"),
        (csv(",".join("abcdefghij" * 5), "1"), "header"),
        (csv("Họ tên,SĐT", *["An,1"] * 20_001), "rows"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_as_a_whole(body, reason):
    with pytest.raises(BadFile, match=reason):
        tables.read(body)


def test_errors_go_out_without_formulas_and_come_back_as_they_were():
    table = Table(("Họ tên", "SĐT"), [Row(7, ("=HYPERLINK(1)", "+8490"))])
    out = tables.refused(table, [(table.rows[0], "số điện thoại chưa đúng")], ("Dòng", "Lý do"))
    assert out.startswith(b"\xef\xbb\xbf") and b"'=HYPERLINK" in out
    again = tables.read(out)
    assert again.heading == ("Dòng", "Lý do", "Họ tên", "SĐT")
    assert again.rows[0].cells == ("7", "số điện thoại chưa đúng", "=HYPERLINK(1)", "+8490")
    assert set(columns.guessed(again.heading)) == {"", "full_name", "phone"} and set(FIELDS) >= {"full_name"}
