"""Both scores by hand, and what must hold of them whatever the numbers: more never ranks lower."""

import tomllib
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkin.config import ROOT
from checkin.exposure.reasons import time_shown
from checkin.exposure.scored import Rated
from checkin.exposure.scoring import Urgency, Weights, check
from checkin.rules import RuleBook, RuleError
from checkin.venues.kinds import KINDS
from tests.oracles import ranking as oracle

RULE = tomllib.loads((ROOT / "checkin/rules/data/ranking-2026-01-01.toml").read_text(encoding="utf-8"))
WEIGHTS, URGENCY = Weights.from_dict(RULE), Urgency.from_dict(RULE)


@dataclass(frozen=True)
class Met:
    certain_minutes: int = 0
    possible_minutes: int = 0
    encounters: int = 1
    same_zone: bool = False
    setting: int = 0
    crowded: bool = False


@pytest.mark.parametrize(
    ("met", "score", "band"),
    [
        (Met(), 0, "low"),  # at the door, as the case left
        (Met(possible_minutes=14), 4, "low"),
        (Met(possible_minutes=15), 10, "low"),
        (Met(14, 14), 14, "low"),
        (Met(15, 15), 34, "medium"),  # 15 minutes rank higher, and drop nobody
        (
            Met(0, 60, same_zone=True, setting=4),
            32,
            "medium",
        ),  # a market without check-out, the case's own row of stalls
        (Met(60, 60, setting=13), 58, "high"),  # an hour of karaoke
        (Met(250, 250, 3, True, 4, True), 87, "high"),
        (Met(250, 250, 9, True, 13, True), 100, "high"),  # nothing adds up to more
    ],
)
def test_a_score_of_exposure_is_the_sum_of_what_is_known(met, score, band):
    assert WEIGHTS.exposure(met) == score and WEIGHTS.band(score) == band
    assert WEIGHTS.most <= 100


@pytest.mark.parametrize(
    ("signs", "score"),
    [
        ({}, 0),
        ({"triage": "none"}, 0),
        ({"triage": "watch"}, 20),
        ({"triage": "watch", "symptoms": True}, 35),
        ({"triage": "urgent", "symptoms": True, "before": True, "age": 80}, 100),
        ({"symptoms": True, "before": True}, 35),
        ({"age": 49}, 0),
        ({"age": 50}, 10),
        ({"age": 65}, 20),
        ({"age": -3}, 0),
    ],
)
def test_a_score_of_urgency_is_triage_symptoms_their_time_and_age(signs, score):
    told = {"triage": "routine", "symptoms": False, "before": False, "age": None} | signs
    assert URGENCY.score(**told) == score == oracle.urgency(RULE, **told)


METS = st.builds(
    lambda sure, more, times, zone, setting, crowd: Met(sure, sure + more, times, zone, setting, crowd),
    st.integers(0, 2000), st.integers(0, 2000), st.integers(1, 9), st.booleans(), st.integers(0, 13), st.booleans(),
)  # fmt: skip


@given(METS, st.integers(1, 300))
def test_more_of_anything_never_ranks_lower(met, more):
    score = WEIGHTS.exposure(met)
    for other in (
        replace(met, certain_minutes=met.certain_minutes + more, possible_minutes=met.possible_minutes + more),
        replace(met, possible_minutes=met.possible_minutes + more),
        replace(met, certain_minutes=met.possible_minutes),
        replace(met, encounters=met.encounters + 1),
        replace(met, same_zone=True),
        replace(met, setting=met.setting + 1),
        replace(met, crowded=True),
    ):
        assert WEIGHTS.exposure(other) >= score
    assert 0 <= score <= 100


@given(st.sampled_from(["none", "routine", "watch", "urgent"]), st.booleans(), st.booleans(), st.integers(0, 120))
def test_more_signs_are_never_less_urgent(triage, symptoms, before, age):
    told = {"triage": triage, "symptoms": symptoms, "before": before, "age": age}
    score = URGENCY.score(**told)
    for more in ({"triage": "urgent"}, {"symptoms": True}, {"before": True}, {"age": age + 1}):
        assert URGENCY.score(**told | more) >= score
    assert 0 <= score <= 100


def test_a_score_knows_neither_doses_nor_doubts_about_a_presence():
    assert {"doses", "flags"}.isdisjoint({*Rated.__annotations__, *Weights.__annotations__, *Urgency.__annotations__})


@pytest.mark.parametrize(("minutes", "many"), [(0, 60), (60, 60), (90, 90), (61, 61), (600, 600)])
def test_a_crowd_is_so_many_an_hour_and_an_hour_at_least(minutes, many):
    assert WEIGHTS.crowded_from(timedelta(minutes=minutes)) == many


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("certain",), [[1, 10], [1, 20]]),
        (("certain",), [[1, 10], [15, 5]]),  # more minutes would rank lower
        (("possible",), [[0, 4]]),
        (("again",), -1),
        (("again",), True),
        (("again",), 50),  # more than 100 in all
        (("crowd_per_hour",), 0),
        (("bands", "medium"), 50),
        (("kinds",), {"disco": 3}),
        (("indoor",), ["disco"]),
        (("urgency", "watch"), 46),
        (("urgency", "ages"), [[50, 10], [65, 30]]),
        (("same_zone",), None),
    ],
)
def test_weights_that_cannot_be_right_stop_the_start(tmp_path, path, value):
    data = deepcopy(RULE)
    *way, last = path
    part = data
    for name in way:
        part = part[name]
    part[last] = value
    with pytest.raises((ValueError, TypeError, KeyError)):
        check(data, KINDS)


def test_a_broken_section_is_named(tmp_path):
    from checkin import RULE_CHECKS

    (tmp_path / "ranking-2027-01-01.toml").write_text("again = 1", encoding="utf-8")
    with pytest.raises(RuleError, match="ranking-2027-01-01"):
        RuleBook.load(tmp_path, RULE_CHECKS)


def test_times_are_said_as_people_say_them(app):
    with app.test_request_context():
        assert [time_shown(n) for n in (1, 59, 60, 250, 605)] == ["1 phút", "59 phút", "1 giờ", "4 giờ 10", "10 giờ 05"]
