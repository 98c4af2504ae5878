"""Phone numbers: one written form to keep, one to show."""

import re
import unicodedata
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType, ValidationResult

from checkin.fold import ascii_digits

_TYPED = re.compile(r"[0-9+().\-/ ]+")
_PARSE_REASONS = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown_country",
    NumberParseException.NOT_A_NUMBER: "not_a_number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
    NumberParseException.TOO_LONG: "too_long",
}
_LENGTH_REASONS = {
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_LONG: "too_long",
    ValidationResult.INVALID_LENGTH: "not_valid",
    ValidationResult.INVALID_COUNTRY_CODE: "unknown_country",
}


def normalise_phone(text: str, region: str = "VN") -> str:
    """Return the number in E.164 ("+84912345678"), read as somebody in `region` would type it.

    Spaces, dots, dashes, brackets, stray marks and zero-width characters fall away; digits of any script are
    read; +84, 84 and 0084 all lead home. At home the number must lie in a range in use; a foreign one (with
    +) only needs a possible length, since nobody is turned away for a new foreign range.

    Raises ValueError with one of: "empty", "not_a_number", "too_short", "too_long", "unknown_country",
    "not_valid".
    """
    if len(text) > 200:
        raise ValueError("too_long")
    if text.isascii() and text.isdigit() and _is_usual(text, region):
        return f"+{phonenumbers.country_code_for_region(region)}{text[1:]}"
    typed = _plain(text)
    if not typed:
        raise ValueError("empty")
    # The library reads letters as keypad digits and "ext." as an extension; here they are a typing error.
    if not _TYPED.fullmatch(typed):
        raise ValueError("not_a_number")
    try:
        number = phonenumbers.parse(typed, region)
    except NumberParseException as error:
        raise ValueError(_PARSE_REASONS.get(error.error_type, "not_a_number")) from None
    reason = _LENGTH_REASONS.get(phonenumbers.is_possible_number_with_reason(number))
    if reason:
        raise ValueError(reason)
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    if at_home and not phonenumbers.is_valid_number(number):
        usual = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        digits = phonenumbers.national_significant_number
        raise ValueError("too_short" if usual and len(digits(number)) < len(digits(usual)) else "not_valid")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _is_usual(text: str, region: str) -> bool:
    """True for a mobile number of the region as it is usually typed, by the library's own patterns."""
    patterns = _mobile(region)
    return patterns is not None and text[0] == "0" and all(pattern.fullmatch(text[1:]) for pattern in patterns)


@cache
def _mobile(region: str) -> tuple[re.Pattern[str], ...] | None:
    known = phonenumbers.PhoneMetadata.metadata_for_region(region)
    if known is None or known.national_prefix_for_parsing != "0":
        return None
    patterns = [desc.national_number_pattern for desc in (known.general_desc, known.mobile) if desc]
    usable = tuple(re.compile(pattern) for pattern in patterns if pattern)
    return usable if len(usable) == 2 else None


def display_phone(e164: str, region: str = "VN") -> str:
    """Return a kept number as people of `region` write it: "0912 345 678", or "+44 7911 123456" from abroad.

    What cannot be read comes back unchanged: a list must not break on one bad row.
    """
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return e164
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def _plain(text: str) -> str:
    kept: list[str] = []
    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif category == "Pd" or char == "\u2212":
            kept.append("-")
        elif category[0] not in "CM":
            kept.append(char)
    return ascii_digits("".join(kept)).strip()
