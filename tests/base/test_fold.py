import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.fold import ascii_digits, fold


@pytest.mark.parametrize(
    "written",
    [
        "Hồng Gai",
        unicodedata.normalize("NFD", "Hồng Gai"),
        "HỒNG GAI",
        "hong gai",
        "  Hong\u00a0 \tgai\n",
        "hong\u200b  gai",
        "\u202ehồng gai\u202c",
        "ho\x00ng gai",
        "Ｈồｎｇ　Ｇａｉ",
        "\ufeffHồng\u2003Gai",
    ],
)
def test_one_name_written_in_many_ways_folds_alike(written):
    assert fold(written) == "hong gai"


@pytest.mark.parametrize(
    ("one", "other"), [("Đặng", "dang"), ("ÐẶNG", "đặng"), ("ðang", "Đang"), ("Straße", "STRASSE"), ("Hùng", "Hưng")]
)
def test_letters_that_stand_for_one_another_fold_alike(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Hà Tu", "Hạ Long"), ("Bình", "Minh"), ("1", "l"), ("Chợ 1", "Chợ 2")])
def test_different_names_stay_different(one, other):
    assert fold(one) != fold(other)


@pytest.mark.parametrize("nothing", ["", " ", "\x00", "\u200b\u200f\u202e", "\u0301\u0323", "\ud800"])
def test_what_nobody_sees_folds_to_nothing(nothing):
    assert fold(nothing) == ""


def test_ten_thousand_characters_fold_at_once():
    assert fold("Ấ" * 10_000) == "a" * 10_000


@given(st.text())
def test_folding_again_changes_nothing_and_leaves_no_loose_space(text):
    once = fold(text)
    assert fold(once) == once
    assert once == " ".join(once.split())


@given(st.text(), st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_every_way_to_write_a_text_folds_alike(text, form):
    assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(st.text(st.characters(categories=["L", "M", "Zs"])))
def test_a_folded_vietnamese_text_has_no_marks(text):
    assert not any(unicodedata.combining(char) for char in fold(text))


@pytest.mark.parametrize("text", ["0123456789", "０１２３４５６７８９", "٠١٢٣٤٥٦٧٨٩", "០១២៣៤៥៦៧៨៩"])
def test_digits_of_every_script_become_ours(text):
    assert ascii_digits(text) == "0123456789"


def test_what_is_no_decimal_digit_stays():
    assert ascii_digits("²½Ⅷấ") == "²½Ⅷấ"
