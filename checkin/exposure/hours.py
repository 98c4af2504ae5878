"""The same hours of each day: pure rules."""

from datetime import datetime, timedelta

from checkin import clock
from checkin.exposure.overlap import Window

DAY = timedelta(days=1)


def daily(start: datetime, end: datetime) -> tuple[Window, ...]:
    """The hours of `start` to those of `end` on the province's clocks, of each day from the first to the last.

    From 7:00 on a Monday to 9:00 on the Wednesday: 7:00 to 9:00 on three days. Where the last hour is earlier on the
    clock, each goes on into the next day: from 22:00 on a Monday to 2:00 on the Wednesday are two nights.
    """
    first, last = clock.to_local(start), clock.to_local(end)
    days = (last.date() - first.date()).days
    length = end - start - days * DAY
    if length < timedelta(0):
        days, length = days - 1, length + DAY
    # The province's clocks are never set forward or back, so that a day is 24 hours.
    return tuple(Window(start + number * DAY, start + number * DAY + length) for number in range(days + 1))
