"""What answers make of somebody: against the rule read a second time, over every set of answers there is."""

from datetime import date
from itertools import product

import pytest

from checkin.contacts.judging import QUESTIONS, Rule, judge, quarantine, rule_for
from tests import factories
from tests.oracles import contacts as oracle

COVID = Rule(minutes=15, quarantine_days=14)


def test_every_set_of_answers_is_judged_as_the_rule_says():
    for said in product(("yes", "no", "unknown", None), repeat=len(QUESTIONS)):
        answers = {question: answer for question, answer in zip(QUESTIONS, said, strict=True) if answer}
        assert judge(COVID, answers) == oracle.stage(answers), answers


@pytest.mark.parametrize(
    ("answers", "stage"),
    [
        ({"near": "yes", "mask": "no"}, "f1"),  # however short
        ({"closed": "yes", "mask": "yes", "long": "yes"}, "f1"),
        ({"touch": "yes"}, "f1"),
        ({"near": "yes", "mask": "yes", "long": "no", "closed": "yes", "touch": "no"}, "not"),
        ({"near": "no", "closed": "no", "touch": "no"}, "not"),
        ({"near": "no", "closed": "no", "touch": "unknown"}, "call"),
        ({"near": "yes", "mask": "unknown", "long": "no", "touch": "no"}, "call"),
        ({}, "call"),
    ],
)
def test_the_cases_of_the_decision(answers, stage):
    assert judge(COVID, answers) == stage == oracle.stage(answers)


def test_a_disease_without_such_a_rule_is_an_officers_to_judge(world):
    section = factories.rules(world.app())["contacts"]
    assert rule_for(section, "covid-19") == COVID
    measles = rule_for(section, "measles")
    assert measles.minutes is None and judge(measles, {"touch": "yes"}) == "call"


def test_a_quarantine_counts_from_the_last_day_together():
    assert quarantine(COVID, date(2026, 11, 20)) == (date(2026, 11, 20), date(2026, 12, 4))
