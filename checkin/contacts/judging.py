"""What the answers of somebody who was called make of them. Pure.

By the decision on F1 of 29 December 2021: direct contact of bodies or care without protection; without a mask within
2 m or in the same closed narrow space, however short; with a mask there, 15 minutes or longer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

CALL, F1, F2, NOT = "call", "f1", "f2", "not"
YES, NO, UNKNOWN = "yes", "no", "unknown"
# Within 2 m; in the same closed narrow space; masked, both of them; as long as the rule says; touch, or care without
# protection.
NEAR, CLOSED, MASK, LONG, TOUCH = QUESTIONS = ("near", "closed", "mask", "long", "touch")


@dataclass(frozen=True)
class Rule:
    """What a disease's rule says: from how many minutes on a mask does not help, and how long a quarantine lasts."""

    minutes: int | None
    quarantine_days: int


def rule_for(section: Mapping[str, Any], disease: str) -> Rule:
    """The rule of a disease; one without `close_minutes` is judged by an officer alone."""
    found = section["disease"].get(disease, {})
    return Rule(found.get("close_minutes"), int(found.get("quarantine_days", section["quarantine_days"])))


def judge(rule: Rule, answers: Mapping[str, str]) -> str:
    """F1, NOT, or CALL while the answers do not decide; what is not answered is unknown."""
    if rule.minutes is None:
        return CALL
    near = _any_of(answers.get(NEAR), answers.get(CLOSED))
    unprotected = _any_of(_other(answers.get(MASK)), answers.get(LONG))
    exposed = _any_of(answers.get(TOUCH), _both(near, unprotected))
    return {YES: F1, NO: NOT}.get(exposed, CALL)


def quarantine(rule: Rule, met_on: date) -> tuple[date, date]:
    """The first and last day of a quarantine, counted from the last day of having been together."""
    return met_on, met_on + timedelta(days=rule.quarantine_days)


def _other(answer: str | None) -> str | None:
    return {YES: NO, NO: YES}.get(answer or "")


def _any_of(*answers: str | None) -> str:
    if YES in answers:
        return YES
    return NO if all(answer == NO for answer in answers) else UNKNOWN


def _both(*answers: str | None) -> str:
    if NO in answers:
        return NO
    return YES if all(answer == YES for answer in answers) else UNKNOWN
