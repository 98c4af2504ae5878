"""Dates as cards write them."""

import re
from dataclasses import dataclass
from datetime import date

from checkin.fold import ascii_digits

_YEARS = range(1850, 2200)
_COMPACT = re.compile(r"(\d\d)(\d\d)(\d{4})")
_SPACED = re.compile(r"(?:(\d{1,2})[/.\- ]+)?(\d{1,2})[/.\- ]+(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_YEAR = re.compile(r"\d{4}")


@dataclass(frozen=True)
class CardDate:
    """A date field: the day where it is a real one, the year where that much is known."""

    day: date | None
    year: int | None
    impossible: bool = False


def read_card_date(text: str) -> CardDate | None:
    """Return what a date field says, or None if it does not look like a date at all.

    Reads DDMMYYYY, DD/MM/YYYY (also with dots, dashes, spaces), YYYY-MM-DD, MM/YYYY and YYYY; older people's
    cards know the year alone, or put zeros for day and month. A date that cannot be (31022000) keeps its
    year and is marked `impossible`.
    """
    digits = ascii_digits(text).strip(" $#;,*")
    if match := _COMPACT.fullmatch(digits) or _SPACED.fullmatch(digits):
        day, month, year = (int(part or 0) for part in match.groups())
    elif match := _ISO.fullmatch(digits):
        year, month, day = (int(part) for part in match.groups())
    elif _YEAR.fullmatch(digits):
        day, month, year = 0, 0, int(digits)
    else:
        return None
    if year not in _YEARS:
        return CardDate(None, None, impossible=True)
    if day == 0 and month <= 12:
        return CardDate(None, year)
    try:
        return CardDate(date(year, month, day), year)
    except ValueError:
        return CardDate(None, year, impossible=True)
