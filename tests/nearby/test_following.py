"""An F2 follows the F1s they were near, whatever happens in which order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from checkin.nearby.following import after
from tests.oracles.near import f2s

F1S, PEOPLE = ("a", "b"), ("x", "y")
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("names"), st.sampled_from(F1S), st.sampled_from(PEOPLE)),
        st.tuples(st.sampled_from(("f1", "not", "call")), st.sampled_from(F1S)),
        st.tuples(st.just("officer"), st.sampled_from(PEOPLE)),
    ),
    max_size=12,
)


def replayed(history):
    """The same with the product's rule, a step at a time; and what of the history could happen at all."""
    stages, links, people, let_go, happened = dict.fromkeys(F1S, "f1"), {}, {}, {}, []
    for event in history:
        what, one, *other = event
        if what == "names" and stages[one] != "f1" or what == "officer" and people.get(one) != "f2":
            continue
        happened.append(event)
        if what == "names":
            links.setdefault(other[0], set()).add(one)
            people[other[0]], let_go[other[0]] = "f2", False
        elif what == "officer":
            people[one], let_go[one] = "not", False
        else:
            stages[one] = what
            for person, by in links.items():
                if one in by:
                    stage = after(people[person], [stages[f1] for f1 in by], let_go=let_go[person])
                    if stage != people[person]:
                        people[person], let_go[person] = stage, stage == "not"
    return {person for person, stage in people.items() if stage == "f2"}, happened


@settings(max_examples=150)
@given(EVENTS)
def test_an_f2_is_let_go_with_the_last_f1_and_comes_back_with_the_first(history):
    found, happened = replayed(history)
    assert found == f2s(happened)


def test_nobody_else_is_touched():
    for stage in ("call", "f1"):
        assert after(stage, ["not"], let_go=True) == after(stage, ["f1"], let_go=True) == stage
    assert after("not", ["f1"], let_go=False) == "not"
