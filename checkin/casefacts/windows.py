"""Both windows of a case: as its rules count them, and as an officer corrected them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.casefacts import queries
from checkin.cases import queries as cases
from checkin.cases import spread
from checkin.cases.models import FORWARD, SOURCE, Case, CaseWindow
from checkin.cases.spread import Reach, days_before, reach, source_days, source_window
from checkin.rules import RuleSet


@dataclass(frozen=True)
class Windows:
    """Whom the case can have infected, where it can have been infected, and since when there are visits at all.

    `counted` are the two by the rules, `corrected` what an officer put in their place.
    """

    forward: Reach
    source: Reach
    earliest: datetime
    counted: Mapping[str, Reach]
    corrected: Mapping[str, CaseWindow]


def rules_of(case: Case) -> RuleSet:
    """The rules that a case goes by: those of the day when it was opened, or of when somebody counted it anew."""
    return context.rules(case.rules_on)


def may_give(case: Case) -> bool:
    """Whether somebody can be a contact of this case, by the rules that it goes by."""
    return spread.may_give(rules_of(case), case.state, case.disease)


def windows(session: Session, case: Case, *, now: datetime) -> Windows:
    """Both windows of the case; as counted they begin no earlier than what is kept of it."""
    rules = rules_of(case)
    kept = now - timedelta(days=context.rules(clock.to_local(now).date()).retention_days)
    first = cases.first_visit(session, case.id)
    earliest = min(kept, first) if first else kept
    days: dict[str, Any] = {"onset_on": case.onset_on, "sample_on": case.sample_on, "earliest": earliest, "now": now}
    counted = {
        FORWARD: reach(**days, isolated_on=case.isolated_on, before=days_before(rules, case.disease)),
        SOURCE: source_window(**days, days=source_days(rules, case.disease)),
    }
    corrected = queries.corrected(session, case.id)
    found = {which: _put_right(counted[which], corrected.get(which)) for which in counted}
    return Windows(found[FORWARD], found[SOURCE], earliest, counted, corrected)


def _put_right(counted: Reach, window: CaseWindow | None) -> Reach:
    if window is None:
        return counted
    end = window.end or counted.end
    return Reach(min(window.start or counted.start, end), end, counted.known or window.start is not None)
