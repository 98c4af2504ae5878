"""Order, filters and counts of the station's list against a slow oracle."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from checkin.stations.worklist import KINDS, LEVELS, STATES, Filters, counts, ordered
from tests.conftest import NOW
from tests.oracles import worklist as oracle


@dataclass(frozen=True)
class Entry:
    kind: str
    triage: str
    state: str
    made_at: datetime
    day: date


ENTRIES = st.lists(
    st.builds(
        lambda kind, level, state, made, day: (kind, level, state, made, day),
        st.sampled_from(("door", "ill", "enter", "leave", "return")),
        st.sampled_from((*LEVELS, "none")),
        st.sampled_from(("new", "called", "done")),
        st.integers(0, 6),
        st.integers(0, 3),
    ),
    max_size=25,
)


def made(told):
    kind, level, state, at, day = told
    return Entry(kind, level, state, NOW + timedelta(hours=at), NOW.date() + timedelta(days=day))


@given(ENTRIES, st.sampled_from(list(STATES)), st.sampled_from(("", *LEVELS)), st.sampled_from(list(KINDS)))
def test_the_list_is_what_a_plain_reading_gives(told, show, only, kind):
    filters = Filters(show, only, kind)
    shown = ordered([made(one) for one in told], filters)
    wanted = [one for one in told if oracle.wanted(one, show, only, kind)]
    assert sorted(map(str, shown)) == sorted(str(made(one)) for one in wanted)
    back = {made(one): one for one in told}
    for above, below in zip(shown, shown[1:], strict=False):
        assert not oracle.before(back[below], back[above], kind)
    counted = counts([made(one) for one in told], filters)
    for word in STATES:
        assert counted[("show", word)] == sum(oracle.wanted(one, word, only, kind) for one in told)
    for word in ("", *LEVELS):
        assert counted[("only", word)] == sum(oracle.wanted(one, show, word, kind) for one in told)
    for word in KINDS:
        assert counted[("kind", word)] == sum(oracle.wanted(one, show, only, word) for one in told)


def test_words_that_mean_nothing_are_known_as_such():
    assert Filters().known and Filters("done", "urgent", "arrive").known
    assert not any(one.known for one in (Filters("x"), Filters("", "none"), Filters("", "", "enter")))
    assert Filters("done", "", "ill").address(show="") == {"kind": "ill"}
