"""What becomes of rows, against an oracle; and the rules that say when a row and a venue are the same."""

from collections import Counter
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.fold import fold
from checkin.register.planning import CREATED, REJECTED, SAME, UPDATED, Held, Plan
from checkin.register.rows import Entry
from checkin.register.sameness import Known, address_key, number_key, same_address
from tests.oracles import register as oracle

HERE, THERE = "06652", "06685"


def entry(number="", name="Quán phở", commune=HERE, address="Số 5, phố Kim Hoàn", phone="", within="", kind=""):
    return Entry(
        number=number, name=name, kind=kind, guessed_kind="food", address=address, commune_id=commune, phone=phone,
        opens_at=None, closes_at=None, plate="", within=within,
    )  # fmt: skip


class Town:
    """Venues, and plans against them; what a plan decides is taken over as an import does."""

    def __init__(self, *venues):
        self.ids = count(1)
        self.venues = {venue.id: venue for venue in venues}

    def new_id(self):
        return UUID(int=next(self.ids) + 1000)

    def held(self):
        by_name = {}
        for venue in self.venues.values():
            by_name.setdefault((fold(venue.name)[:200], venue.commune_id), []).append(venue)
        numbered = {venue.number: venue for venue in self.venues.values() if venue.number}
        return Held(numbered, by_name, frozenset(numbered))

    def load(self, *entries, write=True):
        """A whole file; `write`: decided batch by batch, each of which is stored; else in one look."""
        plan, before, found = Plan(self.new_id), self.held(), {}
        # As `run` gives them: those with a number first.
        for line, one in sorted(enumerate(entries, start=2), key=lambda row: not row[1].number):
            held = self.held() if write else before
            parent_of = lambda venue_id: self.venues[venue_id].parent_id if venue_id in self.venues else None  # noqa: E731
            decision = plan.decide(line, one, held, parent_of)
            found[line] = decision
            if write and decision.outcome in (CREATED, UPDATED):
                self.venues[decision.venue.id] = decision.venue
        return [found[line] for line in sorted(found)]


def said(decisions):
    return [decision.outcome for decision in decisions]


WORDS = st.sampled_from(["Quán phở", "Quan pho", "QUÁN PHỞ", "Chợ", "Cho"])
HOUSES = st.sampled_from(["Số 5, phố Kim Hoàn", "5 Kim Hoan", "số 5 Kim Hoàn", "Số 6", ""]).filter(bool)
ROWS = st.builds(
    dict,
    number=st.sampled_from(["", "", "57", "58"]),
    name=WORDS,
    commune=st.sampled_from([HERE, THERE]),
    address=HOUSES,
    phone=st.sampled_from(["", "+84912345678", "+84904118226"]),
)


def plain(venue):
    return tuple(venue[key] for key in ("number", "name", "commune", "address", "phone"))


def of_known(venue):
    return venue.number, venue.name, venue.commune_id, venue.address, venue.phone


@given(there=st.lists(ROWS, max_size=4), rows=st.lists(ROWS, max_size=12), write=st.booleans())
def test_it_decides_as_the_oracle_does_and_a_second_run_changes_nothing(there, rows, write):
    start, _ = [], oracle.outcomes([], [])
    for venue in there:
        if not any(venue["number"] and venue["number"] == one["number"] for one in start):
            start.append(venue)
    town = Town(
        *(
            Known(UUID(int=at + 1), v["number"], v["name"], "food", v["address"], v["commune"], v["phone"])
            for at, v in enumerate(start)
        )
    )
    expected, after = oracle.outcomes(rows, start)
    entries = [entry(**row) for row in rows]
    decisions = town.load(*entries, write=write)
    assert said(decisions) == expected
    if write:
        assert Counter(map(of_known, town.venues.values())) == Counter(map(plain, after))
        assert not {CREATED, UPDATED} & set(said(town.load(*entries)))


@given(rows=st.lists(ROWS, max_size=12))
def test_a_preview_says_what_an_import_does(rows):
    entries = [entry(**row) for row in rows]
    assert said(Town().load(*entries, write=False)) == said(Town().load(*entries))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Số 12, đường Trần Phú", "12 Tran Phu", True),
        ("Số nhà 12 - Trần Phú", "12, TRẦN PHÚ", True),
        ("12A Trần Phú", "12 A Trần Phú", False),
        ("12 Trần Phú", "21 Trần Phú", False),
        ("Tổ 5, khu 2", "Khu 2, tổ 5", False),
    ],
)
def test_two_writings_of_an_address(one, other, alike):
    assert same_address(one, other) is alike


def test_a_register_number_loses_what_a_spreadsheet_takes():
    assert number_key("0 5701.234567-001") == number_key("5701234567-001") == "5701234567-001"
    assert number_key("22A8.000123") == number_key(" 22a8000123 ")
    assert number_key("0000") == ""


def test_two_numbers_in_one_house_are_two_businesses():
    assert said(Town().load(entry("57"), entry("58"))) == [CREATED, CREATED]


def test_a_row_without_number_that_fits_two_is_refused():
    town = Town()
    town.load(entry("57"), entry("58"))
    (found,) = town.load(entry())
    assert (found.outcome, found.reasons) == (REJECTED, ("several",))


def test_a_number_is_added_to_a_venue_that_had_none():
    town = Town()
    town.load(entry())
    (found,) = town.load(entry("57"))
    assert (found.outcome, found.changed) == (UPDATED, ("number",))
    assert said(town.load(entry("57", name="Tên mới"))) == [UPDATED]


def test_accents_are_never_taken_away():
    town = Town()
    town.load(entry("57"))
    assert said(town.load(entry("57", name="QUAN PHO", address="5 Kim Hoan"))) == [SAME]


def test_an_owner_keeps_what_they_said():
    owned = Known(UUID(int=1), "57", "Quán của Bình", "food", "Số 1", HERE, owned=True)
    (found,) = Town(owned).load(entry("57"))
    assert (found.outcome, found.notes) == (SAME, ("owned",))


def test_a_number_of_a_venue_that_is_not_seen_is_refused():
    plan = Plan(lambda: UUID(int=1))
    found = plan.decide(2, entry("57"), Held({}, {}, frozenset({"57"})), lambda _id: None)
    assert (found.outcome, found.reasons) == (REJECTED, ("number_elsewhere",))


def test_a_kiosk_stands_in_its_market_and_no_two_inside_each_other():
    town = Town()
    market, kiosk = town.load(entry(name="Chợ"), entry(name="Kiot", within="Chợ"))
    assert kiosk.venue.parent_id == market.venue.id
    (again,) = town.load(entry(name="Chợ", within="Kiot"))
    assert (again.outcome, again.notes) == (SAME, ("within_loop",))
    (own,) = town.load(entry(name="Chợ", within="Chợ"))
    assert own.notes == ("within_loop",)
    (nowhere,) = town.load(entry("10", name="Kiot 2", within="Siêu thị"))
    assert (nowhere.outcome, nowhere.notes) == (CREATED, ("within_unknown",))


@settings(max_examples=30)
@given(st.text(max_size=40))
def test_any_address_has_a_key_that_does_not_depend_on_case(text):
    assert address_key(text) == address_key(text.upper()) or text.upper().lower() != text.lower()
