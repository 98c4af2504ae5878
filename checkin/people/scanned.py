"""What a scanner or a camera makes of the codes of this product: those on the walls and those on people's cards.

They are of one make (`venues/codes.py`, `personcards/codes.py`); the address around one says which it is.
"""

import re
from dataclasses import dataclass
from typing import Literal

from checkin.venues.codes import is_well_formed, normalise

# Longer than what two scans of the longest address give.
LONGEST = 1000
PERSON, VENUE = "c", "v"

# The path of an address; a keyboard of another layout may have made the slashes something else.
_IN_ADDRESS = re.compile(r"[/\-&_?:;]([cv])[/\-&_?:;]([0-9a-z]{11})(?=$|[^0-9a-z]|https?\b)", re.IGNORECASE)
_MARKED = re.compile(r"^\][A-Za-z]\d")  # of scanners that announce the kind of code

Kind = Literal["c", "v", ""]


@dataclass(frozen=True)
class Scanned:
    """A code and what its address says it is of: PERSON, VENUE, or nothing where it came bare."""

    code: str
    kind: Kind


class TwoCodes(ValueError):
    """Two different codes in one reading."""


def scanned(text: str) -> Scanned | None:
    """The code in what was scanned or typed; None for anything else, such as an identity card.

    Raises TwoCodes for two different ones in one reading, as when one scan ran into the next.
    """
    text = _MARKED.sub("", text[:LONGEST].strip())
    found = {
        Scanned(code, kind.lower())  # type: ignore[arg-type]
        for kind, letters in _IN_ADDRESS.findall(text)
        if is_well_formed(code := normalise(letters))
    }
    if not found:
        lines = {normalise(line) for line in text.splitlines() if line.strip()}
        found = {Scanned(code, "") for code in lines if is_well_formed(code)} if len(lines) == 1 else set()
    if len(found) > 1:
        raise TwoCodes
    return next(iter(found), None)
