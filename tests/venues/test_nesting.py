"""Venues inside one another: no cycle, bounded depth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.errors import AccessDenied, DomainError
from checkin.venues import queries, service
from checkin.venues.nesting import DEEPEST, fault
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles import alike as oracle

# Trees: each may stand in one made before it.
forests = st.lists(st.integers(-3, 8), min_size=2, max_size=9).map(
    lambda raw: {n: (p if 0 <= p < n else None) for n, p in enumerate(raw)}
)


@given(forests, st.integers(0, 8), st.integers(0, 8), st.integers(1, 5))
def test_a_fault_is_found_where_putting_it_there_and_looking_finds_one(parents, inner, outer, deepest):
    inner, outer = inner % len(parents), outer % len(parents)
    # Where it stands now does not count: it is moved.
    assert fault(inner, outer, {**parents, inner: None}, deepest) == oracle.levels(
        inner, outer, {**parents, inner: None}, deepest
    )


def test_a_cycle_that_is_there_already_ends():
    assert fault(1, 2, {2: 3, 3: 2, 1: None}) is None
    assert fault(2, 3, {2: 3, 3: 2}) == "cycle"


@pytest.fixture
def binh(session, vault):
    return factories.account(session, vault, "owner", cast.OWNER)


def test_a_venue_never_stands_inside_itself_nor_what_stands_in_it_nor_too_deep(session, vault, binh):
    chain = [factories.venue(session, vault, f"Nơi {number}", owner=binh) for number in range(DEEPEST + 2)]
    for inner, outer in zip(chain[1:], chain, strict=False):
        if inner is not chain[-1]:
            service.put_inside(session, venue=inner, outer_id=outer.id)
    for venue, outer, reason in (
        (chain[0], chain[0], "self"),
        (chain[0], chain[3], "cycle"),
        (chain[-1], chain[-2], "deep"),
    ):
        with pytest.raises(DomainError) as error:
            service.put_inside(session, venue=venue, outer_id=outer.id)
        assert error.value.reason == reason
    assert [depth for depth, _ in queries.tree(session, chain[0].id)] == [1, 2, 3, 4, 5]
    assert [venue.name for _, venue in queries.tree(session, chain[3].id)] == ["Nơi 4", "Nơi 5"]


def test_whoever_owns_a_market_takes_a_stall_out_of_it_and_nobody_else_does(session, vault, binh):
    chi = factories.account(session, vault, "owner", cast.OUTSIDER)
    market, stall = (
        factories.venue(session, vault, name, owner=who) for name, who in (("Chợ", binh), ("Sạp của Chi", chi))
    )
    service.put_inside(session, venue=stall, outer_id=market.id)
    factories.set_owner(session, chi)
    with pytest.raises(AccessDenied):
        service.put_outside(session, now=NOW, actor=chi.actor, venue=market, inner_id=stall.id)
    factories.set_owner(session, binh)
    service.put_outside(session, now=NOW, actor=binh.actor, venue=market, inner_id=stall.id)
    assert queries.tree(session, market.id) == []
    with pytest.raises(AccessDenied):
        service.put_outside(session, now=NOW, actor=binh.actor, venue=market, inner_id=stall.id)
