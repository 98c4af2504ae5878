"""What is asked on the phone and the words to begin with, by disease: rule data. Pure."""

from collections.abc import Mapping
from typing import Any

from checkin.contacts.judging import QUESTIONS

# Every question that there are words for; those of `judging` decide, the others are for the officer who does.
AIR, SHOTS, RASH, FRAIL = "air", "shots", "rash", "frail"
POULTRY, RAW, FEVER = "poultry", "raw", "fever"
ASKABLE = (*QUESTIONS, AIR, SHOTS, RASH, FRAIL, POULTRY, RAW, FEVER)


def questions_for(section: Mapping[str, Any], disease: str) -> tuple[str, ...]:
    """The questions of a disease, in their order; of one without any those that decide an F1."""
    return tuple(section["disease"].get(disease, {}).get("questions", QUESTIONS))


def script_of_f2(section: Mapping[str, Any], *, vietnamese: bool) -> list[str]:
    """The words to say to an F2, of the rules on contacts."""
    return [line.strip() for line in section["f2"]["script" if vietnamese else "script_en"].strip().splitlines()]


def script_for(section: Mapping[str, Any], disease: str, *, vietnamese: bool) -> list[str]:
    """The words to say, a paragraph each; none for a disease without a script."""
    text = section["disease"].get(disease, {}).get("script" if vietnamese else "script_en", "")
    return [line.strip() for line in str(text).strip().splitlines() if line.strip()]


def checked(section: Mapping[str, Any]) -> Mapping[str, Any]:
    """The section; raises ValueError or KeyError where questions, words or hours are none that this version knows."""
    for disease, told in section["disease"].items():
        if not told["questions"] or set(told["questions"]) - set(ASKABLE):
            raise ValueError(f"{disease}: questions are some of {', '.join(ASKABLE)}")
        if not (told["script"].strip() and told["script_en"].strip()):
            raise ValueError(f"{disease}: a script in both languages")
    hours = [section["again"][name] for name in ("not_reached_hours", "refused_hours")]
    if not all(isinstance(one, int) and 0 < one <= 168 for one in hours):
        raise ValueError("again: whole hours from 1 to 168")
    return section
