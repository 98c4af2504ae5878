"""Slips that somebody could make in scoring and ranking. The comparison with the oracle must show each of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
import sqlalchemy as sa

from checkin.db import db
from checkin.exposure import scored
from checkin.exposure.scoring import Weights
from tests import worlds
from tests.exposure.provinces import Province, Said, by_the_oracle, by_the_product, differing, fill

PROVINCES = [Province(number, 24) for number in range(6)]
SCORE, ORDER, FLAG, POINTS, CONTACTS = scored._score, scored._order, scored._flag, scored._points, scored.contacts
SETTING, CROWDED = Weights.setting, Weights.crowded_from


def _weights(**changed: Any) -> Any:
    return "_score", lambda one, weights: SCORE(one, replace(weights, **changed))


def _asked(change: Callable[[scored.Encounter], scored.Encounter]) -> Any:
    def broken(session: Any, asked: Any, **page: Any) -> Any:
        return CONTACTS(session, replace(asked, encounters=[change(one) for one in asked.encounters]), **page)

    return "contacts", broken


def _of_the_rule(name: str, broken: Any) -> Any:
    return Weights, name, broken


BREAKAGES: dict[str, Any] = {
    "certain minutes forgotten": _weights(certain=()),
    "possible minutes forgotten": _weights(possible=()),
    "the same zone forgotten": _weights(same_zone=0),
    "a crowd forgotten": _weights(crowd_points=0),
    "meeting again forgotten": _weights(again=0),
    "meeting again without an end": ("_score", lambda one, w: SCORE(one, replace(w, again_most=9))),
    "the first meeting counted as again": (
        "_score", lambda one, w: SCORE(one, w) + w.again * sa.case((one.encounters <= w.again_most, 1), else_=0),
    ),
    "a step begins a minute late": (
        "_points", lambda amount, steps: POINTS(amount, tuple((least + 1, given) for least, given in steps)),
    ),
    "the first step that is reached, not the last": (
        "_points", lambda amount, steps: sa.case(*((amount >= least, given) for least, given in steps), else_=0)
        if steps else sa.literal(0),
    ),
    "every zone is the same": _asked(lambda one: replace(one, zone_id=None)),
    "flags turned round": ("_flag", lambda condition: sa.case((condition, 0), else_=1)),
    "the lowest score first": ("_order", lambda one: (one.score, *ORDER(one)[1:])),
    "the score forgotten in the order": ("_order", lambda one: ORDER(one)[1:]),
    "equals by who came last": ("_order", lambda one: (*ORDER(one)[:3], one.first_at.desc(), one.person_id)),
    "closed rooms forgotten": _of_the_rule("setting", lambda self, kind: dict(self.kinds).get(kind, 0)),
    "kinds of place forgotten": _of_the_rule("setting", lambda self, kind: SETTING(replace(self, kinds=()), kind)),
    "a crowd of one too many": _of_the_rule("crowded_from", lambda self, length: CROWDED(self, length) + 1),
    "a short stay is no hour": _of_the_rule(
        "crowded_from", lambda self, length: -(-self.crowd_per_hour * length // timedelta(hours=1))
    ),
}  # fmt: skip


@cache
def right(province: Province) -> Said:
    return by_the_oracle(province)


def wrong_towns(world: worlds.World) -> list[int]:
    """Towns of the first province that shows any."""
    for province in PROVINCES:
        with worlds.inside(world.app()):
            fill(db.session, province)
            wrong = differing(right(province), by_the_product(db.session, province))
            db.session.rollback()
        if wrong:
            return wrong
    return []


@pytest.fixture(autouse=True)
def fresh() -> Any:
    for built in (scored._spans, scored._scored, scored._ranked):  # what it is put together from may be broken
        built.cache_clear()
    yield
    for built in (scored._spans, scored._scored, scored._ranked):
        built.cache_clear()


@pytest.mark.long
def test_the_provinces_that_show_slips_show_none_where_there_is_none(sqlite: worlds.World) -> None:
    assert wrong_towns(sqlite) == []


@pytest.mark.long
@pytest.mark.parametrize("name", BREAKAGES)
def test_the_comparison_with_the_oracle_shows_each_slip(
    name: str, sqlite: worlds.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    *where, piece, broken = BREAKAGES[name]
    monkeypatch.setattr(where[0] if where else scored, piece, broken)
    assert wrong_towns(sqlite)
