"""Files of every kind: what is a register, and what is said of the others."""

import io
import unicodedata
import zipfile
from datetime import date, time

import openpyxl
import pytest

from checkin.register import tables, workbook
from checkin.register.tables import BadFile, read
from tests.register import files

TEXT = "Tên cơ sở,Địa chỉ,Xã phường\nQuán phở Bình,Số 5 phố Kim Hoàn,Hồng Gai\n"
CELLS = ("Quán phở Bình", "Số 5 phố Kim Hoàn", "Hồng Gai")


def cp1258(text):
    """As Windows wrote Vietnamese: letters with their hook or roof, then the tone."""
    out = b""
    for char in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", char)
        tones = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        try:
            out += char.encode("cp1258")
        except UnicodeEncodeError:
            rest = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
            out += (rest + tones).encode("cp1258")
    return out


def reason(body):
    with pytest.raises(BadFile) as error:
        read(body)
    return error.value.reason


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_it_reads_every_separator_and_encoding(sign, encoding):
    (found,) = read(TEXT.replace(",", sign).encode(encoding)).rows
    assert (found.line, found.cells) == (2, CELLS)


def test_it_reads_what_windows_wrote_before():
    (found,) = read(cp1258(TEXT)).rows
    assert tuple(unicodedata.normalize("NFC", cell) for cell in found.cells) == CELLS


def test_a_heading_below_a_title_is_found():
    found = read(f"SỞ CÔNG THƯƠNG,,\nDanh sách cơ sở,,\n\n{TEXT}".encode())
    assert [(one.line, one.cells) for one in found.rows] == [(5, CELLS)]


def test_a_quote_too_many_costs_its_own_line_alone():
    body = TEXT.encode() + b'Cho "X,So 1,Ha Tu\n' + 'Chợ,"Số 2,Hà Tu\nQuán,Số 3,Hà Tu\n'.encode()
    assert [(one.line, one.fault) for one in read(body).rows] == [(2, ""), (3, ""), (4, "quotes"), (5, "")]


def test_more_cells_than_headings_are_a_fault_and_empty_ones_are_none():
    found = read(TEXT.encode() + b"a,b,c,d\ne,f,g,,\nh,i\n").rows
    assert [one.fault for one in found] == ["", "cells", "", ""]
    assert found[3].told(read(TEXT.encode()).header)[4] == ""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "empty"),
        (b"\n\n  \n", "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "kind"),
        (b"\x89PNG\r\n\x1a\n", "kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"PK\x03\x04 no archive", "damaged"),
        (b"\x00\x01\x02\x03", "kind"),
        ("Tên cơ sở,Địa chỉ\n".encode(), "no_rows"),
        (b"1,2,3\n4,5,6\n", "header"),
        ("Tên cơ sở,Điện thoại\nQuán,0912345678\n".encode(), "missing"),
        ("Tên cơ sở,Tên doanh nghiệp,Địa chỉ\na,b,c\n".encode(), "twice"),
        (b"Ten co so,Dia chi\n\x81\xd2\xff\xfe,\xc3\n", "encoding"),
    ],
)
def test_what_is_no_register_is_refused_with_its_reason(body, expected):
    assert reason(body) == expected


def test_two_columns_of_one_meaning_are_named():
    with pytest.raises(BadFile) as error:
        read("Tên cơ sở,Business name,Địa chỉ\na,b,c\n".encode())
    assert "“Tên cơ sở”, “Business name”" in error.value.detail


def test_it_refuses_one_row_too_many(monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert len(read((TEXT + TEXT.splitlines()[1] + "\n" + TEXT.splitlines()[1]).encode()).rows) == 3
    assert reason((TEXT + 3 * (TEXT.splitlines()[1] + "\n")).encode()) == "many"


def test_it_refuses_a_file_that_is_too_large():
    assert reason(b"x" * (tables.LARGEST + 1)) == "large"


HEAD = ["Tên cơ sở", "Địa chỉ", "Xã phường", "SĐT", "Giờ mở cửa"]


def test_cells_of_a_workbook_are_read_as_they_would_be_typed():
    found = read(
        files.workbook(
            HEAD,
            ["Quán 1", 12, "Hà Tu", 912345678, time(7, 30)],
            ["Quán 2", date(2026, 4, 25), "Hà Tu", 2033825499.0, 0.5],
            ["Quán 3", True, None, 8.49e15, "7h"],
        )
    ).rows
    assert [one.cells for one in found] == [
        ("Quán 1", "12", "Hà Tu", "912345678", "07:30"),
        ("Quán 2", "25/04/2026", "Hà Tu", "2033825499", "0.5"),
        ("Quán 3", "1", "", "8.49000E+15", "7h"),
    ]


def test_a_formula_gives_the_value_that_was_saved_and_is_never_worked_out():
    (found,) = read(files.workbook(HEAD, ["Quán", "Số 1", "Hà Tu", '=HYPERLINK("http://x")', ""])).rows
    assert found.cells == ("Quán", "Số 1", "Hà Tu")


def test_merged_cells_have_what_stands_in_the_first():
    def merge(sheet):
        sheet.merge_cells("C2:C4")
        sheet.merge_cells("A6:E6")

    found = read(
        files.workbook(HEAD, ["a", "1", "Hà Tu"], ["b", "2"], ["c", "3"], ["d", "4"], ["Tổng số: 4"], change=merge)
    ).rows
    assert [one.cells[2:3] for one in found] == [("Hà Tu",), ("Hà Tu",), ("Hà Tu",), (), ()]


def test_the_first_sheet_with_a_row_is_taken():
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Sổ")
    sheet.append(HEAD)
    sheet.append(["Quán", "Số 1"])
    out = io.BytesIO()
    book.save(out)
    assert len(read(out.getvalue()).rows) == 1


def packed(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


def test_an_archive_that_is_no_workbook_is_refused():
    assert reason(packed({"a.txt": "x"})) == "kind"


def test_a_workbook_that_lacks_its_parts_is_damaged():
    assert reason(packed({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"})) == "damaged"
    whole = files.workbook(HEAD, ["Quán", "Số 1"])
    assert reason(whole[: len(whole) // 2]) == "damaged"


def swapped(body, name, content):
    members = {}
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    return packed(members | {name: content})


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/media/x.bin"])
def test_it_refuses_a_bomb_before_it_is_unpacked(member, monkeypatch):
    monkeypatch.setattr(workbook, "load_workbook", lambda *_a, **_k: pytest.fail("it was opened"))
    assert reason(swapped(files.workbook(HEAD, ["Quán", "Số 1"]), member, b"A" * (30 << 20))) == "unpacked"


def test_a_file_that_is_declared_smaller_than_it_is_gives_no_more_than_that():
    body = bytearray(
        swapped(files.workbook(HEAD, ["Quán", "Số 1"]), "xl/worksheets/sheet1.xml", b"<x>" + b"A" * (30 << 20))
    )
    # The size in the directory at the end of the archive, which is what is believed.
    at = body.rindex((30 << 20 | 3).to_bytes(4, "little"))
    body[at : at + 4] = (1000).to_bytes(4, "little")
    assert reason(bytes(body)) == "damaged"


def test_entities_are_not_expanded():
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">'
        b'<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
    )
    assert reason(swapped(files.workbook(HEAD, ["Quán", "Số 1"]), "xl/worksheets/sheet1.xml", laughs)) == "damaged"


@pytest.mark.long
def test_a_cell_far_out_costs_nothing():
    def far(sheet):
        sheet["XFD3"] = "x"
        sheet["A90000"] = "Quán xa"
        sheet["B90000"] = "Số 9"

    found = read(files.workbook(HEAD, ["Quán", "Số 1"], change=far)).rows
    assert [one.line for one in found] == [2, 90_000]
