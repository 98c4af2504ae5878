"""Every list that is read page by page, against the sorted list cut into pages; people come and go between two pages."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from checkin import pagekeys
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.contacts import queries as contacts
from checkin.contacts.models import Contact, ContactCheck, ContactNear
from checkin.ids import new_id
from checkin.nearby import queries as nearby
from checkin.notices.models import Notice
from checkin.pagekeys import START, Leaf, Spot
from checkin.replies import queries as replies
from checkin.replies.models import NoticeAnswer
from tests import factories
from tests.conftest import NOW

NUMBERS = count(1)


def contact_row(case, number, minute):
    return {
        "id": UUID(int=number), "case_id": case.id, "person_id": new_id(NOW), "disease": "covid-19", "stage": "call",
        "stage_at": NOW, "stage_by_name": "x", "given_at": NOW, "commune_id": factories.HA_TU,
        "due_at": NOW + timedelta(minutes=minute), "met_on": NOW.date(), "details": b"x", "version": 1,
    }  # fmt: skip


@dataclass
class Listed:
    """A list of the database, and beside it what is known to be in it: by its name the place in the order."""

    session: object
    case: object
    known: dict = field(default_factory=dict)

    def ordered(self):
        return sorted(self.known, key=self.known.__getitem__)

    def clear(self):
        for table in (NoticeAnswer, Notice, ContactNear, ContactCheck, Contact):
            self.session.execute(sa.delete(table))
        self.known.clear()


class OfCase(Listed):
    """Contacts of a case; who is ill leads."""

    def add(self, number, minute, odd):
        row = contact_row(self.case, number, minute)
        self.session.execute(sa.insert(Contact), row)
        if odd:
            said = {"contact_id": row["id"], "kind": "health", "day": NOW.date(), "number": 1, "said": "ill", "at": NOW}
            self.session.execute(sa.insert(ContactCheck), {**said, "account_id": new_id(NOW), "by_name": "x"})
        self.known[row["id"]] = (not odd, row["due_at"], row["id"])

    def remove(self, name):
        self.session.execute(sa.delete(Contact).where(Contact.id == name))
        del self.known[name]

    def page(self, spot, limit):
        leaf = contacts.of_case(self.session, self.case.id, "call", spot, limit=limit)
        return Leaf([one.id for one in leaf.rows], leaf.previous, leaf.following)


class Near(Listed):
    """Those near an F1, by their ids."""

    def add(self, number, minute, odd):
        name = UUID(int=number if odd else 2**100 - number)
        row = contact_row(self.case, number, minute) | {"id": name}
        self.session.execute(sa.insert(Contact), row)
        near = {"contact_id": name, "f1_id": UUID(int=0), "case_id": self.case.id, "at": NOW, "by_name": "x"}
        self.session.execute(sa.insert(ContactNear), near)
        self.known[name] = name

    def remove(self, name):
        self.session.execute(sa.delete(ContactNear).where(ContactNear.contact_id == name))
        del self.known[name]

    def page(self, spot, limit):
        leaf = nearby.near_page(self.session, UUID(int=0), spot, limit=limit)
        return Leaf([one.id for one in leaf.rows], leaf.previous, leaf.following)


class Phones(Listed):
    """The phones that answered, by their latest answer."""

    notice = None

    def clear(self):
        super().clear()
        self.notice = None

    def add(self, number, minute, odd):
        if self.notice is None:
            self.notice = new_id(NOW)
            self.session.execute(sa.insert(Notice), {
                "id": self.notice, "seq": next(NUMBERS), "venue_id": self.venue, "start": NOW, "end": NOW,
                "severity": "watch", "words_vi": "x", "state": "draft", "case_id": self.case.id, "version": 1,
                "written_by": new_id(NOW), "written_by_name": "x", "written_at": NOW,
            })  # fmt: skip
        phone = number.to_bytes(16, "big" if odd else "little")
        for back in (0, 7) if odd else (0,):
            at = NOW + timedelta(minutes=minute - back)
            self.session.execute(sa.insert(NoticeAnswer), {
                "id": new_id(NOW), "notice_id": self.notice, "made_at": at, "person_id": new_id(NOW),
                "phone_index": phone, "details": b"x",
            })  # fmt: skip
        self.known[phone] = (-minute, bytes(255 - one for one in phone))

    def remove(self, name):
        self.session.execute(sa.delete(NoticeAnswer).where(NoticeAnswer.phone_index == name))
        del self.known[name]

    def page(self, spot, limit):
        return replies.phones(self.session, self.case.id, spot, limit=limit)


class Cases(Listed):
    """The cases of a disease, the newest first."""

    def clear(self):
        super().clear()
        self.session.execute(sa.delete(Case).where(Case.id != self.case.id))

    def add(self, number, minute, odd):
        self.session.execute(sa.insert(Case), {
            "id": new_id(NOW), "seq": 10 + number, "title": "x", "disease": "measles", "state": "suspected",
            "opened_at": NOW, "rules_on": NOW.date(), "version": 1,
        })  # fmt: skip
        self.known[10 + number] = -number

    def remove(self, name):
        self.session.execute(sa.delete(Case).where(Case.seq == name))
        del self.known[name]

    def page(self, spot, limit):
        leaf = cases.newest(self.session, spot, limit, cases.Which(disease="measles"))
        return Leaf([one.seq for one in leaf.rows], leaf.previous, leaf.following)


@pytest.fixture(params=[OfCase, Near, Phones, Cases])
def listed(request, session, vault):
    found = request.param(session, factories.case(session))
    found.venue = factories.venue(session, vault).id
    return found


# Minutes of which many are alike, and whether somebody is of the odd kind.
SOME = st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=17)
# Between two pages: the nth of the list goes, or somebody comes.
CHANGES = st.lists(st.one_of(st.integers(0, 40), st.tuples(st.integers(0, 3), st.booleans())), max_size=8)


def numbers(made):
    """A number for each, in no order."""
    return [(made * 97 + 13 * step) % 7919 + 1 for step in range(1, 40)]


@settings(max_examples=40)
@given(SOME, st.integers(1, 5))
def test_pages_forwards_and_back_are_the_sorted_list_cut(listed, some, limit):
    listed.clear()
    for number, (minute, odd) in zip(numbers(len(some)), some, strict=False):
        listed.add(number, minute, odd)
    whole = listed.ordered()
    pages = [whole[start : start + limit] for start in range(0, len(whole), limit)] or [[]]
    spot = START
    for number, expected in enumerate(pages):
        leaf = listed.page(spot, limit)
        assert leaf.rows == expected
        assert (leaf.previous is None) == (number == 0) and (leaf.following is None) == (number == len(pages) - 1)
        spot = Spot(leaf.following)
    for expected in pages[-2::-1]:
        leaf = listed.page(Spot(leaf.previous, back=True), limit)
        assert leaf.rows == expected and leaf.following is not None
    assert leaf.previous is None


@settings(max_examples=40)
@given(SOME, st.integers(1, 4), st.lists(CHANGES, max_size=6))
def test_whoever_stays_is_shown_once_and_in_order_whoever_comes_and_goes_between_two_pages(
    listed, some, limit, changes
):
    listed.clear()
    free = iter(numbers(len(some)))
    for minute, odd in some:
        listed.add(next(free), minute, odd)
    stays, shown, spot, waves = set(listed.known), [], START, iter(changes)
    while True:
        leaf = listed.page(spot, limit)
        if spot != START and leaf.previous is None:
            break  # all behind have gone: it is the first page again
        assert len(leaf.rows) <= limit
        shown += leaf.rows
        if leaf.following is None:
            break
        here = leaf.following
        for change in next(waves, ()):
            if isinstance(change, tuple):
                number = next(free, None)
                if number is not None:
                    listed.add(number, *change)
            elif listed.known:
                name = listed.ordered()[change % len(listed.known)]
                stays.discard(name)
                listed.remove(name)
        spot = Spot(here)
    assert len(shown) == len(set(shown))
    order = listed.ordered()
    assert [one for one in shown if one in stays] == [one for one in order if one in stays]


def test_a_key_whose_row_and_all_behind_it_have_gone_gives_the_first_page(listed):
    for number in range(1, 8):
        listed.add(number, number, False)
    whole = listed.ordered()
    first = listed.page(START, 3)
    second = listed.page(Spot(first.following), 3)
    for name in whole[3:]:
        listed.remove(name)
    assert listed.page(Spot(second.following), 3) == listed.page(START, 3) == Leaf(whole[:3])
    # No whole page is left before that one either.
    assert listed.page(Spot(second.previous, back=True), 3) == Leaf(whole[:3])


def test_going_back_to_fewer_than_a_page_shows_a_whole_first_page(listed):
    for number in range(1, 8):
        listed.add(number, number, False)
    whole = listed.ordered()
    second = listed.page(Spot(listed.page(START, 3).following), 3)
    listed.remove(whole[0])
    back = listed.page(Spot(second.previous, back=True), 3)
    assert back.rows == whole[1:4] and back.previous is None and back.following is not None


KEY = (True, NOW, UUID(int=7), 3, b"\0\xff", "x")
SHAPE = (bool, datetime, UUID, int, bytes, str)


def test_what_an_address_says_is_the_key_or_the_first_page(vault):
    word = pagekeys.sealed(vault, "contacts 1", KEY)
    assert len(word) < pagekeys.LONGEST and pagekeys.opened(vault, "contacts 1", SHAPE, word) == KEY

    def asked(**said):
        return pagekeys.asked(vault, "contacts 1", SHAPE, said)

    assert asked(after=word) == Spot(KEY) and asked(before=word) == Spot(KEY, back=True)
    of_another = pagekeys.sealed(vault, "contacts 2", KEY)
    short, other = (pagekeys.sealed(vault, "contacts 1", key) for key in (KEY[1:], (1, *KEY[1:])))
    for bad in ("", "x", "ế", "\0", "A" * 5000, word[:-4], word[1:], of_another, short, other, "=" * 40, "2026-11-20"):
        assert asked(after=bad) == asked(before=bad) == START, bad
    assert asked(after="x", before=word) == Spot(KEY, back=True)
    words = pagekeys.words(vault, "contacts 1", Leaf([], KEY, None))
    assert asked(before=words.before).key == KEY and words.after == ""


def test_a_word_says_nothing_of_whom_it_stands_for(vault):
    word = pagekeys.sealed(vault, "x", KEY)
    assert KEY[2].hex not in word and word != pagekeys.sealed(vault, "x", KEY)
