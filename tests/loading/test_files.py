"""Reading the file: a table or a clear word; and no bad line takes a good one with it."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin import csvlines
from checkin.loading.files import COLUMNS, BadFile, open_sheet, records

HEAD = ",".join(COLUMNS)
ROW = "C{0},Tên {0},,,1985,,2026-11-20T08:30:00+07:00,"


def put(tmp_path, content):
    path = tmp_path / "visits.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(tmp_path, content):
    return list(records(open_sheet(put(tmp_path, content))))


def codes(found):
    return [line.cells[0] for line in found if not line.fault]


@pytest.mark.parametrize(
    ("content", "reason", "detail"),
    [
        (b"", "empty", ""),
        (b"\xef\xbb\xbf\r\n\r\n", "empty", ""),
        (HEAD.encode("utf-16"), "utf16", ""),
        (f"{HEAD}\nabc\n".encode() + "Nguyên".encode("cp1258"), "encoding", "3"),
        (f"{HEAD}\n".encode() + b"Nguy\xe1\xbb", "encoding", "2"),
        (bytes(range(256)) * 50, "encoding", "2"),
        (b"\x00" * 5000, "header", ", ".join(COLUMNS)),
        (b"PK\x03\x04 a book and no table", "header", ", ".join(COLUMNS)),
        (b"x" * 100_000, "header", ", ".join(COLUMNS)),
        (f"{HEAD}{'x' * 100_000}\n".encode(), "header", ", ".join(COLUMNS)),
        (b"code,full_name,phone,entered_at\n", "missing", "id_number, birth_year, commune, left_at"),
        (f"{HEAD},phone\n".encode(), "twice", "phone"),
        (f'"{HEAD}\n'.encode(), "header", ", ".join(COLUMNS)),
    ],
)
def test_it_refuses_what_is_no_table_and_says_why(tmp_path, content, reason, detail):
    with pytest.raises(BadFile) as caught:
        open_sheet(put(tmp_path, content))
    assert (caught.value.reason, caught.value.detail) == (reason, detail)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_marks_and_line_ends_of_all_kinds_are_read(tmp_path, encoding, delimiter, end):
    body = end.join([HEAD, ROW.format(1), "", ROW.format(2), ""]).replace(",", delimiter)
    found = read(tmp_path, body.encode(encoding))
    assert codes(found) == ["C1", "C2"]
    assert found[1].number == 4


def test_columns_are_found_by_name_in_any_order_and_case(tmp_path):
    names = [name.upper() for name in reversed(COLUMNS)]
    sheet = open_sheet(put(tmp_path, f"note,reason,{', '.join(names)}\n"))
    assert [fold for place in sheet.places for fold in [sheet.header[place].strip().lower()]] == list(COLUMNS)
    assert sheet.ignored == ["note"]
    assert [sheet.header[place].strip() for place in sheet.kept] == ["note", *names]


def test_only_a_header_is_a_table_without_rows(tmp_path):
    assert read(tmp_path, HEAD) == []


def test_rows_with_other_numbers_of_cells_are_faults(tmp_path):
    found = read(tmp_path, f"{HEAD}\n{ROW.format(1)},\nC2,x\n{ROW.format(3)}\n,,,,,,,\n")
    assert [(line.number, line.fault) for line in found] == [(2, "cells"), (3, "cells"), (4, "")]


def test_a_quoted_cell_may_hold_separators_quotes_and_in_another_column_a_line_end(tmp_path):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, "note"])
    writer.writerow(["C1", 'Tên, "Tý"', "", "", "1985", "", "", "", "dòng một\ndòng hai"])
    writer.writerow(["C2", "Tên", "", "", "1985", "", "", "", ""])
    found = read(tmp_path, out.getvalue())
    assert [(line.number, line.cells[1], line.fault) for line in found] == [(2, 'Tên, "Tý"', ""), (4, "Tên", "")]


@pytest.mark.parametrize("bad", ['C9,"Tên hở,,,1985,,,', '"C9,Tên', 'C9,"a"b,,,,,,', '"' + "x" * 200_000, "y" * 70_000])
def test_a_broken_line_takes_no_other_with_it(tmp_path, bad):
    good = [ROW.format(number) for number in range(60)]
    found = read(tmp_path, "\n".join([HEAD, *good[:10], bad, *good[10:], bad, *good[:5]]))
    assert codes(found) == [f"C{number}" for number in [*range(60), *range(5)]]
    assert [line.number for line in found if line.fault == "quotes"] == [12, 63]


def test_a_quote_that_another_one_far_below_seems_to_close_costs_two_lines(tmp_path):
    found = read(tmp_path, "\n".join([HEAD, ROW.format(1), 'C8,"a', ROW.format(2), 'C9,"b', ROW.format(3)]))
    assert codes(found) == ["C1", "C2", "C3"]
    assert [line.number for line in found if line.fault] == [3, 5]


def test_a_line_of_thirty_megabytes_is_one_fault_and_is_not_kept(tmp_path):
    found = read(tmp_path, f"{HEAD}\n{'z' * 30_000_000}\n{ROW.format(1)}")
    assert [(line.number, line.fault) for line in found] == [(2, "quotes"), (3, "")]
    assert len(found[0].cells[0]) == csvlines.KEPT


def test_marks_of_a_file_of_refused_rows_are_taken_out(tmp_path):
    found = read(tmp_path, f"{HEAD}\nC1,Tên,,'+84912345678,1985,,,\n")
    assert found[0].cells[3] == "+84912345678"


def test_it_notices_a_file_that_changes(tmp_path):
    path = put(tmp_path, f"{HEAD}\n")
    sheet = open_sheet(path)
    assert not sheet.changed()
    path.write_text(f"{HEAD}\n{ROW.format(1)}\n")
    assert sheet.changed()


@given(lines=st.lists(st.booleans() | st.text(st.sampled_from('ab",;\n\r '), max_size=12), max_size=30))
def test_good_rows_among_any_rubbish_are_all_read(tmp_path_factory, lines):
    # A row of rubbish may never look like a good one, which has eight cells.
    good = [ROW.format(number) for number, what in enumerate(lines) if isinstance(what, bool)]
    body = [ROW.format(number) if isinstance(what, bool) else what for number, what in enumerate(lines)]
    found = read(tmp_path_factory.mktemp("rubbish"), "\n".join([HEAD, *body]))
    assert [",".join(line.cells) for line in found if not line.fault and line.cells[0].startswith("C")] == good
