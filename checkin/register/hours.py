"""Opening hours as people write them in registers: 7h30 - 21h, 07:00–22:00, 24/24, 6 giờ sáng."""

import re

from checkin.fold import fold

_TIME = r"(\d{1,2})\s*(?:[h:.g]\s*(\d{2})?(?::\d{2})?|gio\s*(\d{2})?)?\s*(?:phut|p)?\s*(sang|chieu|toi|dem|trua|am|pm)?"
_ONE = re.compile(rf"\s*(?:tu\s*)?{_TIME}\s*")
_TWO = re.compile(rf"\s*(?:tu\s*)?{_TIME}\s*(?:-+|–|—|~|den|toi|to|>)\s*{_TIME}\s*")
_ALWAYS = re.compile(
    r"24\s*/\s*(24|7)(\s*h)?|24\s*h(\s*/\s*24\s*h?)?|(mo )?ca ngay( dem)?|suot ngay( dem)?|always|24 hours"
)

Hours = tuple[str | None, str | None]


def read_time(text: str) -> str | None:
    """One moment as "HH:MM"; None for an empty text. Raises ValueError."""
    if not text.strip():
        return None
    found = _ONE.fullmatch(_plain(text))
    if not found:
        raise ValueError("hours")
    return _clock(found.groups())


def read_hours(text: str) -> Hours:
    """From when until when; (None, None) for an empty text and for a place that never closes. Raises ValueError."""
    plain = _plain(text)
    if not plain.strip() or _ALWAYS.fullmatch(plain.strip()):
        return None, None
    found = _TWO.fullmatch(plain)
    if not found:
        raise ValueError("hours")
    start, end = _clock(found.groups()[:4]), _clock(found.groups()[4:])
    # Round the clock, written out: nothing is bounded by it.
    return (None, None) if start == end or (start, end) == ("00:00", "23:59") else (start, end)


def _plain(text: str) -> str:
    return fold(text[:60]).replace("–", "-").replace("—", "-")


def _clock(parts: tuple[str | None, ...]) -> str:
    hour, minute = int(parts[0] or 0), int(parts[1] or parts[2] or 0)
    if parts[3] in {"chieu", "toi", "pm"} and 1 <= hour < 12:
        hour += 12
    if hour == 24 and minute == 0:
        hour = 0
    if hour > 23 or minute > 59:
        raise ValueError("hours")
    return f"{hour:02d}:{minute:02d}"
