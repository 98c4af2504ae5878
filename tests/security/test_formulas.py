"""Files that officers open: 500 hostile strings in every column come out as the text they are."""

import csv
import io
import subprocess
from datetime import UTC, datetime

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from checkin.cells import restored, safe
from checkin.exposure.exports import TooManyRows, csv_end, to_csv, to_xlsx
from checkin.exposure.listing import person_from
from tests.conftest import SOFFICE, SOFFICE_MISSING
from tests.security.formula_strings import FORMULAS, HOSTILE

COLUMNS = 17  # as many as the widest list has
HEADS = [f"Cột {number}" for number in range(COLUMNS)]
LINES = [[text] * COLUMNS for text in HOSTILE]
ABOUT = [("Lý do", "=1+1"), ("Người xuất tệp", "@x")]


def held(text, most=32_767):
    """What a file can hold of a text: no half of a surrogate pair, and of a sheet's cell so much."""
    return text.encode("utf-8", "replace").decode()[:most]


def begins_a_formula(cell):
    visible = cell.strip().lstrip("\u200b\ufeff\u200e\u202e\u061c\u2066\x01")
    return visible.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))


def test_there_are_500_of_them():
    assert len(set(HOSTILE)) > 500 and len(FORMULAS) >= 500


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_cell_of_a_csv_begins_a_formula_however_it_is_split(delimiter):
    body = to_csv(HEADS[:2], [[text, text] for text in HOSTILE], csv_end(HEADS[:2], ABOUT, "Nguồn"))
    for line in csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter):
        assert not [cell for cell in line if begins_a_formula(cell)]


def test_as_many_lines_come_out_of_a_csv_as_went_in_and_the_texts_come_back():
    body = to_csv(HEADS, LINES)
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))[1:]
    assert len(rows) == len(HOSTILE)
    for text, row in zip(HOSTILE, rows, strict=True):
        once = restored(held(text.replace("\x00", ""), 10**6))
        assert restored(row[0]) == once and set(row) == {row[0]}


@pytest.mark.parametrize("name", ["-An", "- An", "+Bình", "@Chi", "=Dung", "＝Giang", " -Hạnh", "'s-Hertogenbosch"])
def test_names_that_look_like_formulas_come_back(name):
    assert restored(safe(name)) == name


@given(st.text(st.characters(), max_size=30))
def test_any_text_at_all_stops_no_file(text):
    to_csv(["A"], [[text]])


@pytest.fixture(scope="module")
def workbook():
    return to_xlsx("TC-000001", HEADS, LINES, ABOUT)


def test_no_cell_of_a_workbook_is_a_formula_and_all_are_what_they_were(workbook):
    book = openpyxl.load_workbook(io.BytesIO(workbook), read_only=True)
    for sheet in book.worksheets:
        assert not [cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"]
    for text, line in zip(HOSTILE, book.worksheets[0].iter_rows(min_row=2), strict=True):
        # The other library leaves control characters as they are written, but not what only looks like one.
        values = {cell.value or "" for cell in line}
        if "_x" not in text:
            values = {unescape(value) for value in values}
        assert values == {held(text).replace("\ufffe", "?")}, repr(text[:50])


def test_moments_and_numbers_are_typed_and_what_no_sheet_holds_is_text():
    moment = datetime(2026, 11, 20, 3, 30, 59, tzinfo=UTC)
    body = to_xlsx("T", ["A", "B", "C", "D"], [[moment, 7, 10**400, None]], [])
    sheet = openpyxl.load_workbook(io.BytesIO(body)).worksheets[0]
    assert [cell.data_type for cell in sheet[2]] == ["d", "n", "s", "n"]
    assert sheet["A2"].value.isoformat() == "2026-11-20T10:30:00" and sheet["A2"].number_format == "hh:mm dd/mm/yyyy"
    assert sheet["C2"].value.startswith("1000")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("full_name", "birth_year", "phone", "id_number", "address", "commune_id", "nationality")


@settings(max_examples=20)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)))
def test_whatever_stands_in_the_details_of_one_person_stops_no_list(details):
    who = person_from(details, {})
    cells = [who.full_name, who.birth_year, who.phone, who.id_number, who.home, who.address, who.nationality]
    assert len(csv.reader(io.StringIO(to_csv(["x"] * 7, [cells]).decode("utf-8-sig"), newline="")).__next__()) == 7
    to_xlsx("T", ["x"] * 7, [cells], [])


def test_more_lines_than_asked_for_are_refused(monkeypatch):
    monkeypatch.setattr("checkin.exposure.exports.XLSX_ROWS", 2)
    with pytest.raises(TooManyRows):
        to_xlsx("T", ["A"], [["x"]] * 3, [])


# LibreOffice, which takes text for formulas more readily than anything else in use.


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Converts a file with the real program; gives the cells of the first sheet as (type, formula, text)."""
    if SOFFICE is None:
        pytest.skip(SOFFICE_MISSING)
    folder = tmp_path_factory.mktemp("office")

    def convert(name, body, *options):
        (folder / name).write_bytes(body)
        subprocess.run(
            [SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--headless", *options, "--convert-to", "fods",
             "--outdir", str(folder), str(folder / name)],
            check=True, capture_output=True, timeout=300,
        )  # fmt: skip
        return (folder / name).with_suffix(".fods").read_text(encoding="utf-8")

    return convert


@pytest.mark.long
@pytest.mark.timeout(600)
def test_libreoffice_finds_no_formula_in_a_workbook(office, workbook):
    text = office("list.xlsx", workbook)
    assert text.count("<table:table-row") >= len(HOSTILE)
    assert "table:formula" not in text and "xlink:href" not in text


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("separators", ["44", "59", "9", "44/59/9/124"])
def test_libreoffice_finds_no_formula_in_a_csv_whatever_it_splits_at(office, separators):
    body = to_csv(HEADS[:3], [line[:3] for line in LINES], csv_end(HEADS[:3], ABOUT, "Nguồn"))
    # Told to evaluate formulas (the last word), which somebody may have ticked once for good.
    text = office("list.csv", body, f"--infilter=CSV:{separators},34,76,1,,0,false,true,false,false,false,0,true")
    assert "table:formula" not in text


@pytest.mark.long
@pytest.mark.timeout(600)
def test_libreoffice_does_find_one_where_nothing_was_done(office):
    """Else the two above could not fail."""
    text = office("raw.csv", b"a,b\r\n=1+1,2\r\n", "--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,0,true")
    assert "table:formula" in text
