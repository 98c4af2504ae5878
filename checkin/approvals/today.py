"""The limits in force."""

from checkin import clock, context
from checkin.approvals.limits import Limits


def limits() -> Limits:
    """Today's limits."""
    return Limits.from_dict(context.rules(clock.today())["oversight"]["second_person"])
