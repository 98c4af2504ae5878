"""The days of tests, day by day: imports nothing of the product."""

from datetime import timedelta


def due(first_day, every_days, start, end, taken, today):
    """Walk through the quarantine until today: a due day opens a duty, a sample on it or later closes it."""
    if today < start:
        return None
    since, number, day = None, 0, start
    while day <= today:
        if day <= end and number >= first_day and (number - first_day) % every_days == 0:
            since = day
        if since is not None and day in taken:
            since = None
        day, number = day + timedelta(days=1), number + 1
    return since
