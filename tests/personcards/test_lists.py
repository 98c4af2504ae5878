"""A pasted list of people: what each line says, and what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.personcards.lists import LONGEST_LINE, MOST_LINES, entries, who_of
from checkin.phones import normalise_phone

YEAR = 2026
TUYET = ("Nguyễn Thị Ánh Tuyết", 1945, "female", "+84912345678", "")


@pytest.mark.parametrize(
    "line",
    [
        "Nguyễn Thị Ánh Tuyết; 1945; Nữ; 0912345678",
        "1\tNguyễn Thị Ánh Tuyết\t1945\tNữ\t0912 345 678",
        "12. Nguyễn Thị Ánh Tuyết 1945 Nữ 0912.345.678",
        "2. Nguyễn Thị Ánh Tuyết, 12/05/1945, Nữ, 0912345678",
        "2.Nguyễn Thị Ánh Tuyết; 1945; Nữ; 0912345678",
        "(2) Nguyễn Thị Ánh Tuyết\t1945\tNữ\t0912345678",
        "２. Nguyễn Thị Ánh Tuyết, 1945, Nữ, 0912345678",
        "3/ Nguyễn Thị Ánh Tuyết - 1945 - Nữ - 0912345678",
        "Nguyễn Thị Ánh Tuyết 1945 Nữ 0912345678 số 12A Trần Phú",
        "Nguyễn Thị Ánh Tuyết 1945 12 Trần Phú Nữ đt 0912 345 678 ngõ 3",
        "Nguyễn Thị Ánh Tuyết | 02/09/1945 | nữ | +84 912 345 678",
        "Nguyễn  Thị Ánh Tuyết,1945,NỮ,0912345678,",
        "Nguye\u0302\u0303n Thi\u0323 A\u0301nh Tuye\u0302\u0301t\t1945\tNữ\t0912345678",
        "Nguyễn Thị Ánh Tuyết\tNữ\t1945\t0912345678",
        "Nguyễn Thị Ánh Tuyết\t1945\tNữ\t912345678",
        "Nguyễn Thị Ánh Tuyết; 12.5.1945; Nữ; +84 912345678",
    ],
)
def test_a_line_is_read_however_its_columns_are_parted(line):
    (entry,) = entries(line, YEAR)
    assert (who_of(entry), entry.problem) == (TUYET, "")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Nguyễn Văn A", "year"),
        ("Nguyễn Văn A; 45", "year"),
        ("Nguyễn Văn A; 2027", "year"),
        ("Nguyễn Văn A; 1899", "year"),
        ("; 1950", "name"),
        ("1950", "name"),
        ("-- 1950", "name"),
        ("A" * 101 + "; 1950", "name"),
        ("Nguyễn Văn A; 1950; 123", "number"),
        ("Nguyễn Văn A; 1950; 123; Trần Phú", "number"),
        ("Nguyễn Văn A 1950 đt 09123456789012", "number"),
        ("2. ", "name"),
        ("Nguyễn Văn A; 1950; 0912345678; 0904118226", "number"),
        ("Nguyễn Văn A; 1950; 0000000000", "number"),
        ("x" * (LONGEST_LINE + 1), "long"),
    ],
)
def test_it_says_what_is_wrong_with_a_line(line, problem):
    assert [entry.problem for entry in entries(line, YEAR)] == [problem]


@pytest.mark.parametrize(
    "line",
    ["Hoàng Thị Én 1936 ghi chú 12 Trần Phú", "Hoàng Thị Én; 1936; 12 Trần Phú", "5) Hoàng Thị Én 12 Trần Phú 1936"],
)
def test_the_number_of_a_house_is_nobodys(line):
    assert [who_of(one) + (one.problem,) for one in entries(line, YEAR)] == [("Hoàng Thị Én", 1936, "", "", "", "")]


def test_a_given_name_of_nam_stays_a_name():
    found = entries("Trần Văn Nam; 1950\nTrần Văn Nam 1951\nTrần Văn Nam; Nam; 1952\nNam; 1953", YEAR)
    assert [(one.full_name, one.gender) for one in found] == [
        ("Trần Văn Nam", ""), ("Trần Văn Nam", ""), ("Trần Văn Nam", "male"), ("Nam", ""),
    ]  # fmt: skip


def test_a_number_of_papers_is_no_phone():
    (entry,) = entries("Trần Văn Hưng; 1971; 022071004321; 0904 118 226", YEAR)
    assert (entry.id_number, entry.phone) == ("022071004321", "+84904118226")


def test_headings_and_empty_lines_are_nobody():
    assert [one.full_name for one in entries("STT\tHọ và tên\tNăm sinh\n\n \t\n1\tLê A\t1950\n", YEAR)] == ["Lê A"]


def test_the_same_person_twice_is_one_card():
    found = entries("Lê Ánh; 1950; 0912345678\nLE ANH; 1950; 0912 345 678\nLê Ánh; 1951; 0912345678", YEAR)
    assert [one.problem for one in found] == ["", "double", ""]


def test_a_list_has_an_end():
    assert (
        len(entries("\n".join(f"Lê A{chr(97 + n % 26)}; {1900 + n % 100}" for n in range(5000)), YEAR))
        == MOST_LINES + 1
    )


@given(st.text(max_size=500))
def test_no_text_breaks_it(text):
    for entry in entries(text, YEAR):
        if not entry.problem:
            assert 1 <= len(entry.full_name) <= 100 and YEAR - 125 <= entry.birth_year <= YEAR
            assert not entry.phone or normalise_phone(entry.phone) == entry.phone
