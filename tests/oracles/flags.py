"""When a place is open, minute by minute, and what is too many: written a second time, importing nothing of the product."""

from datetime import timedelta


def open_minutes(opens, closes, grace):
    """The minutes of a day (0 to 1439) at whose beginning a place with these hours counts as open."""
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (opens, closes))
    start %= 1440
    if start % 1440 == end % 1440:
        return set(range(1440))
    minute, last, found = start - grace, end + grace, set()
    if end % 1440 < start % 1440:
        last += 1440 if end < start else 0
    while minute <= last:
        found.add(minute % 1440)
        minute += 1
    return found


def closed(moment, opens, closes, grace):
    """The same for a moment in UTC; the province is seven hours ahead. A minute that has begun after closing is closed."""
    local = moment + timedelta(hours=7)
    minute = local.hour * 60 + local.minute
    within = open_minutes(opens, closes, grace)
    begun = local.second or local.microsecond
    # Past the last minute that counts: only its very beginning is open.
    return minute not in within or bool(begun and (minute + 1) % 1440 not in within)
