"""Rows pasted from a spreadsheet: which cell is what."""

import pytest

from checkin.workers import pasted

MUOI = {"full_name": "Phạm Văn Mười", "birth_year": "1939", "phone": "0912000999"}


@pytest.mark.parametrize(
    "row",
    [
        "Phạm Văn Mười, 1939, 0912000999",
        "2. Phạm Văn Mười, 1939, 0912000999",
        "2.Phạm Văn Mười\t1939\t0912000999",
        "2\tPhạm Văn Mười\t1939\t0912000999",
        "2.\tPhạm Văn Mười\t1939\t0912000999",
        "(2) Phạm Văn Mười; 1939; 0912000999",
        "STT\tHọ tên\tNăm sinh\tSĐT\n2\tPhạm Văn Mười\t1939\t0912000999",
        "Họ tên\tNăm sinh\tSĐT\n2. Phạm Văn Mười\t1939\t0912000999",
    ],
)
def test_a_number_of_the_line_is_no_part_of_the_name(row):
    assert [line.told for line in pasted.read(row).lines] == [MUOI]


@pytest.mark.parametrize("row", ["2", "2.", "1939, Phạm Văn Mười", "2. , 1939"])
def test_a_row_of_odd_cells_breaks_nothing(row):
    assert len(pasted.read(row).lines) == 1


@pytest.mark.parametrize(
    "heading",
    ["Bộ phận", "PHÒNG BAN", "Vị trí làm việc", "Tổ", "Khu vực", "Quầy", "Khu vực (nếu có)", "Bô\u0323 phâ\u0323n"],
)
def test_a_heading_that_says_where_is_the_zone(heading):
    found = pasted.read(f"Họ tên\tNăm sinh\tSĐT\t{heading}\nPhạm Văn Mười\t1939\t0912000999\tHàng cá")
    assert [line.told for line in found.lines] == [MUOI | {"zone": "Hàng cá"}] and found.ignored == ()


def test_it_says_which_columns_are_not_used():
    found = pasted.read("STT\tHọ tên\tNăm sinh\tLương\t\tSĐT\tĐiện thoại\n1\tA B\t1939\t5\tx\t0912000999\t0904118226")
    assert found.ignored == ("Lương", "Điện thoại")
    # The second column of a meaning helps where the first is empty.
    assert pasted.read("Họ tên\tSĐT\tĐiện thoại\nA B\t\t0904118226").lines[0].told["phone"] == "0904118226"
    assert pasted.read("Phạm Văn Mười\t1939\t0912000999").ignored == ()


def test_the_english_to_is_an_end_and_the_vietnamese_one_a_team():
    found = pasted.read("Name\tBorn\tPhone\tFrom\tTo\nA B\t1939\t0912000999\t7h\t17h").lines[0].told
    assert (found["starts"], found["ends"]) == ("7h", "17h")
