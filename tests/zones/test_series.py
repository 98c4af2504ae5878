"""Names of many zones: what runs, what stands for itself, and how much is taken."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from checkin.fold import fold, natural
from checkin.zones.series import TooMany, key, names, problem
from tests.oracles import series as oracle

PREFIXES = st.sampled_from(["Bàn ", "Lớp ", "Tầng ", "Ki-ốt ", "Quầy hải sản ", "Phòng học khối nhà ", "Cửa "])
RUNS = st.one_of(
    st.tuples(
        st.sampled_from(["", "", "B", "6A", "VIP", "A.", "Đ"]), st.integers(0, 400), st.integers(1, 30), st.booleans()
    ).map(lambda t: (t[0], f"{t[1]:03d}" if t[3] else str(t[1]), str(t[1] + t[2]))),
    st.tuples(st.sampled_from(["", "1", "12"]), st.integers(0, 20), st.integers(1, 5)).map(
        lambda t: (t[0], chr(65 + t[1]), chr(65 + t[1] + t[2]))
    ),
    st.integers(1, 99).map(lambda number: ("", str(number), str(number))),
)
LINES = st.lists(
    st.tuples(PREFIXES, st.lists(RUNS, min_size=1, max_size=4), st.sampled_from(["-", " - ", "–", "- "]), st.booleans()),
    min_size=1,
    max_size=4,
)  # fmt: skip


@given(LINES)
@example([("Tầng ", [("", "B1", "B1"), ("", "1", "5")], "-", False)])
def test_what_people_write_for_a_list_gives_that_list(lines):
    typed, meant = zip(*(oracle.line(*one) for one in lines), strict=True)
    expected = [name for several in meant for name in several]
    if len(expected) > 300:
        with pytest.raises(TooMany):
            names("\n".join(typed), 300)
    else:
        assert names("\n".join(typed), 300) == expected


@given(st.text(max_size=300))
@example("1-1-1-1-1")
@example("-" * 300)
@example("²-³\n１-３\n٣-٩")
def test_no_text_is_an_error_and_every_name_is_clean_and_comes_back_by_itself(text):
    try:
        found = names(text, 300)
    except TooMany:
        return
    assert len(found) <= 300
    for name in found:
        assert name and name == " ".join(name.split())
        assert natural(fold(name)) == natural(fold(name))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Bàn 1-3", ["Bàn 1", "Bàn 2", "Bàn 3"]),
        ("Lớp 6A1-6A3", ["Lớp 6A1", "Lớp 6A2", "Lớp 6A3"]),
        ("Lớp 6a1-6A3", ["Lớp 6a1", "Lớp 6a2", "Lớp 6a3"]),
        ("Tầng B1, 1-2", ["Tầng B1", "Tầng 1", "Tầng 2"]),
        ("Cửa A, B, Cổng chính", ["Cửa A", "Cửa B", "Cổng chính"]),
        ("Bàn 1 – 2 sân trước", ["Bàn 1 sân trước", "Bàn 2 sân trước"]),
        ("Quầy cá\n\n  Rau  củ\r\nThịt", ["Quầy cá", "Rau củ", "Thịt"]),
        ("Rau, cá; thịt", ["Rau", "cá", "thịt"]),
        # What does not run stands as it is.
        ("Khu A1-B2", ["Khu A1-B2"]),
        ("Bàn 5-1", ["Bàn 5-1"]),
        ("Bàn 3-3", ["Bàn 3-3"]),
        ("Hải sản - rau", ["Hải sản - rau"]),
        ("T-shirt\nÁo-quần", ["T-shirt", "Áo-quần"]),
        ("Phòng 1234567-1234568", ["Phòng 1234567", "Phòng 1234568"]),
        ("Ba\u0300n 1-2", ["Bàn 1", "Bàn 2"]),
        (" , ;\n-", ["-"]),
    ],
)
def test_examples(typed, meant):
    assert names(typed, 300) == meant


@pytest.mark.parametrize("typed", ["Bàn 1-999999", "Bàn 0-300", "x\n" * 301, "Bàn 1-200, 301-401"])
def test_more_than_are_taken_are_refused_before_they_are_made(typed):
    with pytest.raises(TooMany):
        names(typed, 300)
    assert len(names("Bàn 1-300", 300)) == 300


def test_accents_tell_names_apart_and_capitals_do_not():
    assert key("Phòng Hùng") != key("Phòng Hưng")
    assert key("BÀN  1") == key("Bàn 1") == key("Ba\u0300n 1")
    assert problem("x" * 101) == "long" and problem("x" * 100) == "" and problem("- –") == "empty"


def test_names_sort_as_people_count():
    assert sorted(["ban 10", "ban 2", "ban 1b", "ban", "10", "9"], key=natural) == [
        "9",
        "10",
        "ban",
        "ban 1b",
        "ban 2",
        "ban 10",
    ]
    # Digits of other scripts are letters here, and compare with numbers all the same.
    assert sorted(["ban ²", "ban 1", "ban ٣"], key=natural)[0] == "ban 1"
