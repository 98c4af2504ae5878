"""One folding of text for recall: what a person meant, whatever keyboard or scanner wrote it."""

import re
import unicodedata
from functools import lru_cache

# Eth is what many Vietnamese fonts and converters leave where đ was meant.
_D = str.maketrans({"đ": "d", "ð": "d", "ɖ": "d"})


@lru_cache(maxsize=2048)
def _kept(char: str) -> str:
    """What one decomposed character leaves behind: itself, a space or nothing."""
    if char.isspace() or unicodedata.category(char) in ("Zs", "Zl", "Zp"):
        return " "
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc", "Cs"):
        return ""
    return char


def fold(text: str) -> str:
    """Return `text` without accents, case, invisible characters or repeated spaces.

    NFC and NFD, "Hồng Gai", "HONG GAI" and "hong\\u200b  gai" all give "hong gai"; đ gives d. Folding again
    changes nothing, and the result never begins or ends with a space. Never raises.

    For recall only, to find candidates that a person or a stricter rule then tells apart. Hùng and Hưng fold
    alike and are different people: nothing may be merged or refused because two texts fold alike.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().split())
    # Twice, since case folding can bring forth characters that decompose again.
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = unicodedata.normalize("NFKD", plain).translate(_D)
    return " ".join("".join(map(_kept, plain)).split())


def ascii_digits(text: str) -> str:
    """Return `text` with every decimal digit of any script (full-width, Arabic, Khmer) as 0-9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def natural(folded: str) -> list[tuple[int, int, str]]:
    """A key by which folded names sort as people count: "ban 2" before "ban 10", numbers before letters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", folded)
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts]
