import itertools
import random
import re
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.venues import codes
from checkin.venues.codes import ALPHABET

letters = st.sampled_from(ALPHABET)
bodies = st.text(letters, min_size=10, max_size=10)
whole = bodies.map(lambda body: body + codes.check_character(body))
separators = st.text(
    st.sampled_from("-‐‑‒–—―−﹣－ \t\n\u00a0\u3000\u00ad\u200b\u200d\u200e\u200f\u2060\ufeff"), max_size=4
)


def test_the_alphabet_has_32_letters_and_no_pair_that_looks_alike() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert set(ALPHABET).isdisjoint("01OI")
    assert set(ALPHABET) <= set(string.digits + string.ascii_uppercase)


def test_a_new_code_is_eleven_letters_and_well_formed() -> None:
    made = {codes.new_code() for _ in range(2000)}
    assert len(made) == 2000
    assert all(re.fullmatch(f"[{ALPHABET}]{{11}}", code) and codes.is_well_formed(code) for code in made)


def test_every_letter_of_the_alphabet_appears_in_every_place_of_new_codes() -> None:
    made = [codes.new_code() for _ in range(3000)]
    for place in range(11):
        assert {code[place] for code in made} == set(ALPHABET)


def test_the_check_character_of_a_printed_code_never_changes() -> None:
    # Posters outlive releases: a changed rule would refuse every code already on a wall.
    assert codes.check_character("K7QF3M2P9X") == "D"
    assert codes.check_character("2222222222") == "2"
    assert codes.check_character("ZYXWVUTSRQ") == "8"


@given(whole)
def test_it_notices_every_single_wrong_character(code: str) -> None:
    for place, letter in itertools.product(range(11), ALPHABET):
        if letter != code[place]:
            assert not codes.is_well_formed(code[:place] + letter + code[place + 1 :])


def test_it_notices_every_exchange_of_any_two_characters_in_any_two_places() -> None:
    # The sum is linear, so the rest of the code does not matter and this is the whole proof.
    for first, second in itertools.combinations(range(11), 2):
        for a, b in itertools.permutations(ALPHABET, 2):
            body = ["2"] * 10
            body[first] = a
            if second < 10:
                body[second] = b
            code = list("".join(body) + codes.check_character("".join(body)))
            if code[first] == code[second]:
                continue
            code[first], code[second] = code[second], code[first]
            assert not codes.is_well_formed("".join(code))


@given(whole, st.integers(0, 9))
def test_it_notices_neighbours_exchanged(code: str, place: int) -> None:
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert codes.is_well_formed(swapped) is (swapped == code)


@given(bodies)
def test_exactly_one_of_the_32_check_characters_fits(body: str) -> None:
    assert [c for c in ALPHABET if codes.is_well_formed(body + c)] == [codes.check_character(body)]


def test_about_one_random_string_in_32_passes() -> None:
    rng = random.Random(20211026)
    passed = sum(codes.is_well_formed("".join(rng.choices(ALPHABET, k=11))) for _ in range(64_000))
    assert 2000 * 0.9 < passed < 2000 * 1.1


@given(whole, st.lists(separators, min_size=12, max_size=12))
def test_it_reads_a_code_with_any_dash_space_or_invisible_mark_in_it(code: str, marks: list[str]) -> None:
    typed = marks[0] + "".join(letter + mark for letter, mark in zip(code, marks[1:], strict=True))
    assert codes.normalise(typed) == code
    assert codes.normalise(typed.lower()) == code
    assert codes.diagnose(typed.lower()) == "ok"


@given(whole)
def test_a_displayed_code_reads_back(code: str) -> None:
    shown = codes.display(code)
    assert re.fullmatch(r".{4}-.{4}-.{3}", shown)
    assert codes.normalise(shown) == code and codes.display(shown) == shown


def test_it_reads_a_small_l_or_a_one_or_an_i_as_l() -> None:
    code = "LLLLLLLLLL" + codes.check_character("LLLLLLLLLL")
    for look_alike in "l1Ii":
        assert codes.normalise(code.replace("L", look_alike)) == code


def test_it_does_not_guess_what_a_zero_or_an_o_was_meant_to_be() -> None:
    code = "D7QF3M2P9X" + codes.check_character("D7QF3M2P9X")
    for typed in ("0", "O", "o"):
        assert codes.diagnose(typed + code[1:]) == "mistyped"


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = codes.normalise(text)
    assert codes.normalise(once) == once


@given(st.text(max_size=40))
def test_any_text_gets_a_diagnosis_that_agrees_with_the_check(text: str) -> None:
    assert (codes.diagnose(text) == "ok") is codes.is_well_formed(codes.normalise(text))


@given(whole, st.integers(0, 10), letters)
def test_a_slip_is_called_mistyped(code: str, place: int, letter: str) -> None:
    slip = code[:place] + letter + code[place + 1 :]
    assert codes.diagnose(codes.display(slip)) == ("ok" if slip == code else "mistyped")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "K7QF-3M2P-9X",
        "K7QF-3M2P-9XDD",
        "K7QF-3M2P-9X\0",
        "K7QF-3M2P-9XĐ",
        unicodedata.normalize("NFD", "K7QF-3M2P-9Ấ"),
        "K7QF-3M2P-9X٣",
        "K7QF-3M2P-9X😷",
        "K7QF/3M2P/9XD",
        "K" * 10_000,
        "\u200f" * 10_000,
    ],
)
def test_it_says_not_a_code_of_anything_else(text: str) -> None:
    assert codes.diagnose(text) == "not_a_code"
    assert not codes.is_well_formed(text)


@pytest.mark.parametrize("code", ["k7qf3m2p9xy", "K7QF-3M2P-9XY", " K7QF3M2P9XD", "K7QF3M2P9XD\n"])
def test_only_the_normalised_spelling_is_well_formed(code: str) -> None:
    assert codes.is_well_formed("K7QF3M2P9XD")
    assert not codes.is_well_formed(code)


@pytest.mark.parametrize("body", ["", "K7QF3M2P9", "K7QF3M2P9XD", "K7QF3M2P9O", "k7qf3m2p9x", "K7QF3M2P9\0"])
def test_it_gives_no_check_character_for_what_is_no_body(body: str) -> None:
    with pytest.raises(ValueError, match="ten letters"):
        codes.check_character(body)


@pytest.mark.parametrize("code", ["", "K7QF3M2P9X", "K7QF3M2P9XDD", "K" * 10_000])
def test_it_displays_nothing_that_is_not_eleven_characters(code: str) -> None:
    with pytest.raises(ValueError, match="eleven"):
        codes.display(code)
