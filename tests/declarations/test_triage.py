import tomllib
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import checkin.declarations.triage as triage_module
from checkin.declarations.triage import LEVELS, SYMPTOMS, Answers, TriageRules, needs_help, triage
from tests.oracles.triage import level_of

CODES = ("fever", "cough", "breathless", "pneumonia", "sore_throat", "tired", "loss_of_taste", "other")

DEFAULT: dict[str, Any] = {
    "symptoms": {
        "fever": "watch",
        "cough": "watch",
        "breathless": "urgent",
        "pneumonia": "urgent",
        "sore_throat": "watch",
        "tired": "watch",
        "loss_of_taste": "watch",
        "other": "watch",
    },
    "contact_sick": "watch",
    "travel": "watch",
    "combos": [
        {"all_of": ["symptom", "contact_sick"], "level": "urgent"},
        {"all_of": ["symptom", "travel"], "level": "urgent"},
    ],
}

answers = st.builds(Answers, st.frozensets(st.sampled_from(CODES)), st.booleans(), st.booleans())
levels = st.sampled_from(LEVELS)
rule_dicts = st.fixed_dictionaries(
    {
        "symptoms": st.fixed_dictionaries(dict.fromkeys(CODES, levels)),
        "contact_sick": levels,
        "travel": levels,
        "combos": st.lists(
            st.fixed_dictionaries(
                {
                    "all_of": st.lists(
                        st.sampled_from(["symptom", "contact_sick", "travel", *CODES]), min_size=1, max_size=3
                    ),
                    "level": levels,
                }
            ),
            max_size=3,
        ),
    }
)


def rules_with(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(DEFAULT), **changes}


def every_answer() -> list[Answers]:
    said = product((False, True), repeat=10)
    return [
        Answers(frozenset(code for code, yes in zip(CODES, flags, strict=False) if yes), *flags[len(CODES) :])
        for flags in said
    ]


def test_all_1024_answers_get_the_level_the_rule_gives_them():
    rules = TriageRules.from_dict(DEFAULT)
    cases = every_answer()
    wrong = [
        case
        for case in cases
        if triage(case, rules).level != level_of(set(case.symptoms), case.contact_sick, case.travel)
    ]
    assert len(set(cases)) == 1024
    assert wrong == []


def test_it_knows_the_symptoms_of_the_form_and_any_other():
    assert set(SYMPTOMS) == set(CODES)


def test_every_rule_file_in_the_box_is_accepted():
    files = sorted((Path(triage_module.__file__).parents[1] / "rules/data").glob("triage-*.toml"))
    assert files
    for file in files:
        TriageRules.from_dict(tomllib.loads(file.read_text(encoding="utf-8")))


def test_reasons_name_every_answer_and_combination_in_the_order_of_the_form():
    said = Answers(frozenset({"cough", "fever"}), contact_sick=True, travel=True)
    assert triage(said, TriageRules.from_dict(DEFAULT)).reasons == (
        "fever",
        "cough",
        "contact_sick",
        "travel",
        "symptom+contact_sick",
        "symptom+travel",
    )


def test_answers_all_no_are_routine_without_reasons():
    result = triage(Answers(), TriageRules.from_dict(DEFAULT))
    assert (result.level, result.reasons) == ("routine", ())


def test_a_rule_set_may_hold_an_answer_for_nothing():
    relaxed = TriageRules.from_dict(rules_with(travel="routine", combos=[]))
    assert triage(Answers(travel=True), relaxed).reasons == ()


def test_combos_may_be_left_out():
    data = rules_with()
    del data["combos"]
    assert triage(Answers(frozenset({"fever"}), travel=True), TriageRules.from_dict(data)).level == "watch"


def test_a_combination_may_name_single_symptoms():
    rules = TriageRules.from_dict(rules_with(combos=[{"all_of": ["loss_of_taste", "fever"], "level": "urgent"}]))
    both = triage(Answers(frozenset({"fever", "loss_of_taste"})), rules)
    assert (both.level, both.reasons[-1]) == ("urgent", "fever+loss_of_taste")
    assert triage(Answers(frozenset({"fever"})), rules).level == "watch"


@pytest.mark.parametrize(("level", "helped"), [("routine", False), ("watch", True), ("urgent", True)])
def test_help_is_offered_to_everyone_above_routine(level, helped):
    assert needs_help(level) is helped


@given(rule_dicts, answers, answers)
def test_saying_more_never_lowers_the_level(data, one, other):
    rules = TriageRules.from_dict(data)
    both = Answers(one.symptoms | other.symptoms, one.contact_sick or other.contact_sick, one.travel or other.travel)
    assert LEVELS.index(triage(both, rules).level) >= LEVELS.index(triage(one, rules).level)


@given(rule_dicts, answers)
def test_a_level_above_routine_always_has_a_reason_and_routine_has_none(data, said):
    result = triage(said, TriageRules.from_dict(data))
    assert needs_help(result.level) == bool(result.reasons)


def test_it_rejects_a_symptom_nobody_knows():
    with pytest.raises(ValueError, match="'itch'"):
        Answers(frozenset({"fever", "itch"}))


def test_it_rejects_a_bare_word_in_place_of_a_set_of_symptoms():
    with pytest.raises(ValueError, match="'fever'"):
        Answers("fever")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (rules_with(colour="red"), "'colour'"),
        (rules_with(travel="high"), "'high'"),
        (rules_with(contact_sick=True), "True"),
        (rules_with(contact_sick=None), "None"),
        (rules_with(contact_sick=["watch"]), "contact_sick"),
        (rules_with(symptoms={**DEFAULT["symptoms"], "fevr": "watch"}), "'fevr'"),
        (rules_with(symptoms={**DEFAULT["symptoms"], "fever": "URGENT"}), "symptoms.fever"),
        (rules_with(symptoms={"fever": "watch"}), "'cough'"),
        (rules_with(symptoms="watch"), "symptoms"),
        (rules_with(combos={"all_of": ["travel"]}), "combos"),
        (rules_with(combos=["travel"]), r"combos\[0\]"),
        (rules_with(combos=[{"all_of": ["travel"]}]), "'level'"),
        (rules_with(combos=[{"all_of": ["travle"], "level": "urgent"}]), "'travle'"),
        (rules_with(combos=[{"all_of": [], "level": "urgent"}]), "all_of"),
        (rules_with(combos=[{"all_of": "travel", "level": "urgent"}]), "all_of"),
        (rules_with(combos=[{"all_of": ["travel"], "level": "x"}]), "'x'"),
        (rules_with(combos=[{"all_of": ["travel"], "level": "watch", "any": 1}]), "'any'"),
        ({"symptoms": DEFAULT["symptoms"], "travel": "watch"}, "'contact_sick'"),
        ({}, "'symptoms'"),
    ],
)
def test_it_rejects_a_rule_set_with_a_fault_and_names_it(data, named):
    with pytest.raises(ValueError, match=named):
        TriageRules.from_dict(data)
