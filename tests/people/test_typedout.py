"""Names as the keys of an input method spell them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.fold import fold
from checkin.people.typedout import is_syllable, typed_out
from tests.oracles.typing import keys

WORDS = [
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Thị",
    "Văn",
    "Hữu",
    "Đức",
    "Công",
    "Quang",
    "Ánh",
    "Tuyết",
    "Hưng",
    "Hùng",
    "Dũng",
    "Khoa",
    "Giang",
    "Hạnh",
    "Lan",
    "Chi",
    "Bình",
    "Phương",
    "Thảo",
    "Ngọc",
    "Quỳnh",
    "Trâm",
    "Khánh",
    "Vân",
    "Yến",
    "Nhi",
    "Thuý",
    "Hoà",
    "Loan",
    "Khuê",
    "Tường",
    "Vượng",
    "Phước",
    "Quốc",
    "Quý",
    "Gia",
    "Giáp",
    "Nghĩa",
    "Nghiêm",
    "Thuận",
    "Xuân",
    "Thắng",
    "Mỹ",
    "Kiều",
    "Diễm",
    "Liễu",
    "Uyên",
    "Ước",
    "Ưng",
    "Ông",
    "Ý",
    "Âu",
]
NAMES = st.lists(st.sampled_from(WORDS), min_size=2, max_size=5).map(" ".join)


@given(NAMES, st.sampled_from(["telex", "vni"]), st.booleans(), st.booleans())
def test_what_was_typed_is_read_as_the_name(name, method, at_the_end, capitals):
    name = name.upper() if capitals else name
    spelt = " ".join(keys(word, method, at_the_end) for word in name.split())
    assert fold(typed_out(spelt)) == fold(name)
    assert unicodedata.is_normalized("NFC", typed_out(spelt))


@given(NAMES)
def test_a_name_with_or_without_its_accents_stays_as_it_is(name):
    assert typed_out(name) == name
    plain = "".join(char for char in unicodedata.normalize("NFD", name) if not unicodedata.combining(char))
    plain = plain.replace("đ", "d").replace("Đ", "D")
    assert typed_out(plain) == plain


@pytest.mark.parametrize(
    "name",
    [
        "James Brown",
        "Alex",
        "Peter Müller",
        "Marx Jess",
        "O'Neill",
        "",
        " ",
        "R2 D2",
        "Nguyen Van An",
        "123",
        "x" * 5000,
    ],
)
def test_other_names_stay_as_they_are(name):
    assert typed_out(name) == name


@given(st.text(max_size=60))
def test_nothing_raises_and_nothing_grows(text):
    assert len(unicodedata.normalize("NFD", typed_out(text))) <= max(len(unicodedata.normalize("NFD", text)), len(text))


@given(NAMES)
def test_words_of_names_are_syllables_and_words_that_lost_letters_mostly_not(name):
    assert all(is_syllable(word) for word in name.split())
    assert not any(is_syllable(word) for word in ("Ngu?n", "Nguyn\ufffd", "Tr", "Th", "Ngc", "", "J", "W"))
