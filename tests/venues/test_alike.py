"""Likely doubles: what is taken for the same venue, against a second reading of the rule."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.venues import alike
from tests.oracles import alike as oracle

WORDS = ["quán", "Nhà hàng", "siêu thị", "Hạ Long", "Hà Long", "Bình", "Bính", "phở", "số", "đường", "Trần Phú", "12", "012", "7", "khu", "shop", "Q"]  # fmt: skip
texts = st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join) | st.text("aăđ bế1 2", max_size=8)
venues = st.builds(
    alike.Venue,
    id=st.integers(1, 9).map(lambda n: UUID(int=n)),
    name=texts,
    address=texts,
    phone=st.sampled_from([None, b"a", b"b"]),
    plate=st.sampled_from([None, "14A32718", "14A32719"]),
)


@given(texts, texts)
def test_names_and_addresses_are_as_alike_as_a_second_reading_says(one, other):
    assert alike.names_alike(one, other) == pytest.approx(oracle.name(one, other))
    assert alike.addresses_alike(one, other) == pytest.approx(oracle.address(one, other))


@given(texts, texts)
def test_it_does_not_matter_which_comes_first_nor_how_it_is_typed(one, other):
    for rule in (alike.names_alike, alike.addresses_alike):
        found = rule(one, other)
        assert rule(other, one) == found
        assert rule(unicodedata.normalize("NFD", one.upper()), f"  {other}\u200b ") == found
        assert found == 0 or 0.7 <= found <= 1


@given(venues, st.lists(venues, max_size=8))
def test_what_is_found_is_what_agrees_in_anything_the_likeliest_first(new, known):
    found = alike.matches(new, known, most=99)
    expected = set()
    for one in known:
        if one.id == new.id or (new.plate and one.plate and new.plate != one.plate):
            continue
        agrees = (
            new.plate is not None and new.plate == one.plate,
            new.phone is not None and new.phone == one.phone,
            oracle.name(new.name, one.name) > 0,
            oracle.address(new.address, one.address) > 0,
        )
        reasons = tuple(word for word, yes in zip(("plate", "phone", "name", "address"), agrees, strict=True) if yes)
        if reasons:
            expected.add((one.id, reasons))
    assert {(match.id, match.reasons) for match in found} == expected
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert alike.matches(new, known) == found[: alike.MOST]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Quán phở Bình", "PHO BINH", True),
        ("Siêu thị Bạch Đằng", "Sieu thi Bach Dang", True),
        ("Siêu thị Bạch Đằng", "Siêu thị Bạch Đằngg", True),
        ("Công ty TNHH Hạ Long Xanh", "Hạ Long Xanh", True),
        ("Chợ Hạ Long 1", "Chợ Hạ Long 2", False),
        ("Taxi Hòn Gai 27", "Taxi Hòn Gai 28", False),
        ("Quán", "Quán", True),
        ("Phở Bình", "Bún Hương", False),
        ("😀", "😀", False),
    ],
)
def test_examples_of_names(one, other, same):
    assert (alike.names_alike(one, other) > 0) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Số 12, đường Trần Phú", "12 Trần Phú", True),
        ("12 tran phu", "12, phố Trần Phú, khu 3", False),
        ("Số 12, Trần Phú", "Số 14, Trần Phú", False),
        ("Thôn Đông", "Thôn Tây", False),
        ("Cảng tàu khách Tuần Châu", "cang tau khach tuan chau", True),
        ("", "", False),
    ],
)
def test_examples_of_addresses(one, other, same):
    assert (alike.addresses_alike(one, other) > 0) is same
