"""Registration plates of vehicles and boats: one written form to keep and compare, one to show."""

import re

from checkin.fold import ascii_digits, fold

SHORTEST, LONGEST = 4, 12
# Letters and digits of a plate, and where a dash and a dot stand in it: cars and motorcycles with five figures, with
# four, boats.
_SHAPES = (
    (re.compile(r"([0-9]{2}[A-Z]{1,2}|[0-9]{2}[A-Z][0-9])([0-9]{3})([0-9]{2})"), "{0}-{1}.{2}"),
    (re.compile(r"([0-9]{2}[A-Z]{1,2})([0-9]{4})"), "{0}-{1}"),
    (re.compile(r"([A-Z]{2,3})([0-9]{3,6})"), "{0}-{1}"),
)


def normalise_plate(text: str) -> str:
    """The plate in capitals and digits alone: "14a 327.18" and "14A-32718" are one.

    Raises ValueError for what is none: too short, too long, without a digit, with letters of another script.
    """
    plain = fold(ascii_digits(text[:200])).upper()
    kept = "".join(char for char in plain if char.isalnum())
    if not (SHORTEST <= len(kept) <= LONGEST and kept.isascii() and any(char.isdigit() for char in kept)):
        raise ValueError("plate")
    return kept


def display_plate(plate: str) -> str:
    """The plate as it is painted, where its shape is known; as it stands elsewhere."""
    for shape, written in _SHAPES:
        found = shape.fullmatch(plate)
        if found:
            return written.format(*found.groups())
    return plate
