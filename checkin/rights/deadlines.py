"""Until when a request must be acknowledged and answered.

Law 91/2025/QH15, Article 4, and Decree 356/2025/ND-CP, Article 5: acknowledge within 2 working days; answer a wish
to see or correct within 10 days, the withdrawal of consent within 15, to delete within 20; an extension once, as
long again. The day of the request does not count (Civil Code, Article 147). A last day on a day off could move to
the next working day (Article 148); here it does not: so nothing is late by either reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import holidays

SEE, CORRECT, WITHDRAW, DELETE, COMPLAIN = "see", "correct", "withdraw", "delete", "complain"
KINDS = (SEE, CORRECT, WITHDRAW, DELETE, COMPLAIN)
# What ends with the data deleted, unless they are needed.
DELETING = (WITHDRAW, DELETE)
MOST_DAYS = 366


@dataclass(frozen=True)
class Deadlines:
    """The last day of each."""

    acknowledge_by: date
    answer_by: date


def deadlines(rules: Mapping[str, Any], kind: str, received_on: date) -> Deadlines:
    """The deadlines of a request that came on a day of the province, by the section `rights` of the rules."""
    day, left = received_on, int(rules["acknowledge_working_days"])
    while left:
        day += timedelta(days=1)
        left -= is_working_day(rules, day)
    return Deadlines(day, received_on + timedelta(days=int(rules["answer_days"][kind])))


def extended(rules: Mapping[str, Any], kind: str, answer_by: date) -> date:
    """The last day to answer after the one extension."""
    return answer_by + timedelta(days=int(rules["extension_days"][kind]))


def is_working_day(rules: Mapping[str, Any], day: date) -> bool:
    """True on a day on which offices work: no weekend, no public holiday; what the government moved counts."""
    if day in rules["days_off"]:
        return False
    return day in rules["working_days"] or bool(_calendar(day.year).is_working_day(day))


@lru_cache(maxsize=8)
def _calendar(year: int) -> Any:
    return holidays.country_holidays("VN", years=year)


def check(rules: Mapping[str, Any]) -> None:
    """Raises ValueError or KeyError where the section cannot be used."""
    numbers = [rules["acknowledge_working_days"], rules["kept_days"] / 10]
    numbers += [rules[table][kind] for table in ("answer_days", "extension_days") for kind in KINDS]
    if not all(0 < number <= MOST_DAYS for number in numbers):
        raise ValueError(f"numbers of days from 1 to {MOST_DAYS}")
    if not all(type(day) is date for name in ("days_off", "working_days") for day in rules[name]):
        raise ValueError("days_off and working_days: lists of days, such as 2027-01-02")
