"""Numbers people are known by: citizen id, older id card, passport."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from checkin.fold import ascii_digits
from checkin.names import clean_name

IdKind = Literal["cccd", "cmnd", "passport", "other"]
Gender = Literal["male", "female"]

_SEPARATORS = re.compile(r"[\s.\-‐‑–—·]+")
_PROVINCES = range(1, 97)  # 001 Hà Nội to 096 Cà Mau, with gaps; the number keeps the code of its first day


@dataclass(frozen=True)
class IdNumber:
    """A number in its one written form, and what its digits say about the person."""

    kind: IdKind
    value: str
    birth_year: int | None = None
    gender: Gender | None = None
    province_code: str | None = None


def parse_id_number(text: str) -> IdNumber:
    """Return the number without its spaces, dots and dashes, in capitals, and the facts it holds.

    12 digits are a citizen or personal id number, 9 an older id card, letters with digits (6 to 9) a
    passport; other foreign numbers (up to 20) are kept as "other". Decree 137/2015/ND-CP, article 13: three
    digits for the province of registration, one for sex and century (even male, odd female; 0-1 the 1900s,
    2-3 the 2000s, and so on), two for the year of birth.

    Raises ValueError with one of: "empty", "too_short", "too_long", "wrong_length" (10 or 11 digits: most
    likely a mistyped citizen number, worth asking again), "odd_characters", "no_digits".
    """
    if len(text) > 200:
        raise ValueError("too_long")
    plain = ascii_digits(unicodedata.normalize("NFKC", clean_name(text)))
    value = _SEPARATORS.sub("", plain)
    if not value:
        raise ValueError("empty")
    if not (value.isascii() and value.isalnum()):
        raise ValueError("odd_characters")
    if len(value) > 20:
        raise ValueError("too_long")
    if len(value) < 6:
        raise ValueError("too_short")
    value = value.upper()
    if value.isdigit():
        return _from_digits(value)
    if not any(char.isdigit() for char in value):
        raise ValueError("no_digits")
    return IdNumber("passport" if len(value) <= 9 else "other", value)


def contradictions(id_number: IdNumber, birth_year: int | None, gender: str | None) -> tuple[str, ...]:
    """Return which of "birth_year", "gender" the number does not bear out; () when nothing can be compared.

    A warning for staff, never a refusal: papers hold errors, and a change of sex does not always change the
    number.
    """
    found = []
    if birth_year is not None and id_number.birth_year is not None and birth_year != id_number.birth_year:
        found.append("birth_year")
    if gender in ("male", "female") and id_number.gender is not None and gender != id_number.gender:
        found.append("gender")
    return tuple(found)


def _from_digits(value: str) -> IdNumber:
    if len(value) == 12:
        century, odd = divmod(int(value[3]), 2)
        return IdNumber(
            "cccd",
            value,
            birth_year=1900 + 100 * century + int(value[4:6]),
            gender="female" if odd else "male",
            province_code=value[:3] if int(value[:3]) in _PROVINCES else None,
        )
    if len(value) in (10, 11):
        raise ValueError("wrong_length")
    if len(value) > 12:
        raise ValueError("too_long")
    return IdNumber("cmnd" if len(value) == 9 else "other", value)
