"""Text as scanners deliver it: hex, bytes taken for letters, letters lost."""

import re
import unicodedata

from checkin.names import clean_name

_HEX_PAIR = re.compile("[0-9A-Fa-f]{2}")


def repair_encoding(text: str) -> str:
    """Return the text a scanner meant that typed UTF-8 bytes as Western letters; other text unchanged.

    Vietnamese typed rightly never happens to be UTF-8 when read back as bytes, so nothing right is changed.
    """
    if text.isascii():
        return text
    raw = bytearray()
    for char in text:
        try:
            raw += char.encode("cp1252")
        except UnicodeEncodeError:
            if ord(char) > 255:
                return text
            raw.append(ord(char))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return text


def from_hex(text: str) -> tuple[str, bool]:
    """Return the text behind hex of UTF-8, and whether it came through whole.

    A pair that is not hex, or a letter cut in two, is left out; text that is no hex at all stays as it is.
    """
    compact = _without_marks(text.replace(" ", ""))
    pairs = [compact[start : start + 2] for start in range(0, len(compact), 2)]
    readable = [pair for pair in pairs if _HEX_PAIR.fullmatch(pair)]
    if len(readable) * 4 < len(pairs) * 3:
        return text, True
    raw = bytes.fromhex("".join(readable))
    decoded = clean_name(raw.decode("utf-8", "ignore"))
    if not any(char.isalpha() for char in decoded):
        return text, not text
    whole = len(readable) == len(pairs) and raw.decode("utf-8", "replace") == raw.decode("utf-8", "ignore")
    return decoded, whole


# What an input method makes of two keys of hex, and the second key back: VNI ("e6" is ê) or Telex ("ee" is ê).
_VNI = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5", "\u0302": "6", "\u0306": "8"}
_TELEX = {"\u0300": "f"}


def _without_marks(text: str) -> str:
    """Return hex that an input method read as words as the keys that were typed; other text unchanged."""
    if text.isascii():
        return text
    for method in ("vni", "telex"):
        keys = "".join(_keys(char, method) for char in text)
        if len(keys) % 2 == 0 and re.fullmatch("[0-9A-Fa-f]+", keys):
            try:
                if any(char.isalpha() for char in bytes.fromhex(keys).decode("utf-8")):
                    return keys
            except UnicodeDecodeError:
                continue
    return text


def _keys(char: str, method: str) -> str:
    if char in "đĐ":
        return "d9" if method == "vni" else "dd"
    base, *marks = list(unicodedata.normalize("NFD", char))
    if method == "vni":
        return base + "".join(_VNI.get(mark, "?") for mark in marks)
    return base + "".join(base if mark == "\u0302" else _TELEX.get(mark, "?") for mark in marks)


def odd_letters(text: str, allowed_digits: bool) -> bool:
    """Return whether the text holds what no name has (or no address, with `allowed_digits`)."""
    kinds = "LMZN" if allowed_digits else "LMZ"
    plain = "'’.-‐–·(),/;:&+\"" if allowed_digits else "'’.-‐–·"
    return any(unicodedata.category(char)[0] not in kinds and char not in plain for char in text)
