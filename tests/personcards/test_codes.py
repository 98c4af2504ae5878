"""The code on a card: unguessed, unchanged by what types it, told apart from everything else that is scanned."""

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.people.scanned import TwoCodes, scanned
from checkin.personcards.codes import LETTERS, new_code
from checkin.venues import codes as walls
from checkin.venues.codes import is_well_formed
from tests import cast

CODES = st.builds(new_code)
TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}


def typed(keys: str, *, telex: bool) -> str:
    """What an input method makes of keys: a plain one of its own, which marks the last vowel before."""
    out: list[str] = []
    for key in keys:
        low = key.lower()
        last = max(
            (n for n, letter in enumerate(out) if unicodedata.normalize("NFD", letter)[0].lower() in "aeiouy"),
            default=None,
        )
        if telex and last is not None and low in TONES:
            out[last] = unicodedata.normalize("NFC", out[last] + TONES[low])
        elif telex and out and low in "aeo" and out[-1].lower() == low:
            out[-1] = unicodedata.normalize("NFC", out[-1] + "\u0302")
        elif telex and low == "w":
            out.append("ư" if key.islower() else "Ư")
        elif out and out[-1].lower() == "d" and low == ("d" if telex else "9"):
            out[-1] = "đ" if out[-1] == "d" else "Đ"
        elif not telex and last is not None and key in "12345678":
            out[last] = unicodedata.normalize("NFC", out[last] + "\u0301")
        else:
            out.append(key)
    return "".join(out)


@given(CODES)
def test_a_code_is_one_of_the_walls_with_fewer_letters(code):
    assert is_well_formed(code) and set(code) <= set(LETTERS) and len(LETTERS) == 26


@given(CODES, st.booleans(), st.booleans())
def test_input_methods_type_a_code_as_it_is_printed(code, telex, small):
    keys = code.lower() if small else code
    assert typed(keys, telex=telex) == keys
    assert scanned(typed(keys, telex=telex)).code == code


@pytest.mark.parametrize("telex", [True, False])
def test_no_two_letters_of_a_code_become_another_one(telex):
    for first, second in product(LETTERS + LETTERS.lower(), repeat=2):
        assert typed(first + second, telex=telex) == first + second


def test_the_input_method_of_this_test_does_change_the_codes_of_walls():
    assert sum(typed(code, telex=True) != code for code in (walls.new_code() for _ in range(300))) > 100


@given(
    CODES,
    st.sampled_from(["https://khaibao.quangninh.gov.vn/c/", "HTTPS://X.VN/C/", "http:&&localhost:8000&c&", "x.vn/c/"]),
)
def test_the_address_says_that_it_is_a_persons_in_any_case_and_layout(code, before):
    assert (scanned(before + code).code, scanned(before + code.lower()).kind) == (code, "c")


@given(CODES)
def test_a_code_is_read_as_it_is_printed_for_people(code):
    for text in (walls.display(code), f"  {code[:4]} {code[4:8]} {code[8:]}\r\n", f"]Q3{code}"):
        assert scanned(text).code == code and scanned(text).kind == ""


@given(CODES)
def test_the_same_code_twice_is_one_reading(code):
    assert scanned(f"https://x.vn/c/{code}\r\nhttps://x.vn/c/{code}").code == code
    assert scanned(f"https://x.vn/c/{code}https://x.vn/c/{code}").code == code


def test_two_cards_in_one_reading_are_refused():
    with pytest.raises(TwoCodes):
        scanned(f"https://x.vn/c/{new_code()} https://x.vn/c/{new_code()}")
    with pytest.raises(TwoCodes):
        scanned(f"https://x.vn/c/{new_code()}https://x.vn/c/{new_code()}")


def test_a_poster_is_told_apart():
    assert scanned(f"https://x.vn/v/{new_code()}").kind == "v"


@given(CODES, st.integers(0, 10), st.sampled_from(LETTERS))
def test_a_letter_that_is_wrong_is_no_code(code, place, letter):
    wrong = code[:place] + letter + code[place + 1 :]
    assert scanned(f"https://x.vn/c/{wrong}") == (
        scanned(code) and scanned(f"https://x.vn/c/{code}") if wrong == code else None
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        cast.CCCD,
        cast.CCCD_MAN,
        "https://x.vn/c/",
        "x" * 5000,
        "\x00" * 11,
        "012345678901",
        "https://x.vn/cc/K7QF3M2P9XD",
    ],
)
def test_anything_else_is_none(text):
    assert scanned(text) is None


@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    try:
        found = scanned(text)
    except TwoCodes:
        return
    assert found is None or is_well_formed(found.code)
