"""Names as typed: cleaned for keeping, masked for showing."""

import re
import unicodedata
from collections.abc import Iterator

MASK_MAX = 60
"""Longest masked name in code points: what a line of the desk list has room for."""

_JOINER = "\u200d"
_CLUSTER_MAX = 12  # the longest family emoji has 11 code points; more is a flood of marks, not a letter
# Drawn as nothing, so that a whole name of them would look empty.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u17b4\u17b5")
# Letters that are one character each, as nearly every name is written: nothing in them to drop or to compose.
_PLAIN = frozenset(
    char for char in map(chr, (*range(0x20, 0x250), *range(0x1EA0, 0x1EFA))) if char == " " or char.isalpha()
)
_MARKS_MAX = 8  # no script stacks more, and sorting thousands costs NFC quadratic time
# "2. Mười", "(2) Mười", "2/ Mười", "2 Mười": what numbers the lines of a list, before a letter.
_ORDINAL = re.compile(r"^\s*[(#]?\s*\d{1,4}(?:\s*[.):/\-–]+\s*|\s+)(?=[^\W\d_])")


def without_ordinal(text: str) -> str:
    """Return a line of a list without the number that it begins with; names begin with letters."""
    return _ORDINAL.sub("", text)


def clean_name(text: str) -> str:
    """Return `text` as one tidy line: NFC, single spaces, trimmed; also used for addresses.

    NUL, control, zero-width and bidi characters, lone surrogates and letters drawn as nothing are dropped, as
    are marks beyond the eighth on one letter; apostrophes, hyphens and emoji stay as typed. Never raises; ""
    when nothing visible is left.
    """
    if _PLAIN.issuperset(text):
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for index, char in enumerate(text):
        if char.isspace():
            kept.append(" ")
        # Counted as decomposed: a few marks and letters are made of several, and come apart or together in NFC.
        elif unicodedata.combining(unicodedata.normalize("NFD", char)[0]):
            marks += len(unicodedata.normalize("NFD", char))
            if marks <= _MARKS_MAX:
                kept.append(char)
            continue
        elif char == _JOINER or "\ufe00" <= char <= "\ufe0f":
            # Within an emoji these are part of the picture; anywhere else they hide a difference.
            before = bool(kept) and _is_picture(kept[-1])
            after = text[index + 1 : index + 2]
            if before and (char != _JOINER or _is_picture(after) and not "\ufe00" <= after <= "\ufe0f"):
                kept.append(char)
        elif char not in _BLANK_LETTERS and unicodedata.category(char) not in ("Cc", "Cf", "Cs"):
            kept.append(char)
        else:
            continue
        marks = sum(unicodedata.combining(part) > 0 for part in unicodedata.normalize("NFD", char)[1:])
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())


def mask_middle(name: str) -> str:
    """Return the name for its owner's own device: "Nguyễn Thị Ánh Tuyết" becomes "N. T. Ánh Tuyết".

    The given name stays (two words of it when there are four or more), the rest become initials; a name of
    one word becomes its initial. At most `MASK_MAX` code points; "" for a name with nothing visible.
    """
    words = _words(name)
    if len(words) < 2:
        return _shorten(" ".join(_initials(word) for word in words))
    shown = 2 if len(words) >= 4 else 1
    given = " ".join(words[-shown:])
    masked = " ".join(_initials(word) for word in words[:-shown])
    return _shorten(f"{masked} {given}")


def mask_for_desk(name: str) -> str:
    """Return the name for the desk and for lists: "Nguyễn Thị Ánh Tuyết" becomes "Nguyễn T. Á. T.".

    Only the first word stays, which tells least in Vietnam, where it is the family's; a name of one word
    becomes its initial. At most `MASK_MAX` code points; "" for a name with nothing visible.
    """
    words = _words(name)
    if len(words) < 2:
        return _shorten(" ".join(_initials(word) for word in words))
    return _shorten(" ".join([words[0], *(_initials(word) for word in words[1:])]))


def _words(name: str) -> list[str]:
    cleaned = clean_name(name)
    words = [word for word in cleaned.split() if _initials(word)]
    return words or (["…"] if cleaned else [])


def _initials(word: str) -> str:
    """Return "T." for "Thị", "J.-L." for "Jean-Luc", "" for a word of punctuation alone."""
    if _PLAIN.issuperset(word):
        return f"{word[0]}."
    if word == "…":
        return word
    parts = (_first_letter(part) for part in re.split("[-‐‑–]", word))
    return "-".join(f"{letter}." for letter in parts if letter)


def _first_letter(word: str) -> str:
    for cluster in _clusters(word):
        if unicodedata.category(cluster[0])[0] in "LNS":
            return cluster
    return ""


def _shorten(text: str) -> str:
    if len(text) <= MASK_MAX:
        return text
    kept = ""
    for cluster in _clusters(text):
        if len(kept) + len(cluster) >= MASK_MAX:
            break
        kept += cluster
    return kept.rstrip() + "…"


def _clusters(text: str) -> Iterator[str]:
    """Yield what a reader sees as one character: a letter with its marks, a joined emoji, a flag."""
    cluster = ""
    for char in text:
        if cluster and _joins(cluster, char):
            if len(cluster) < _CLUSTER_MAX:
                cluster += char
            continue
        if cluster:
            yield cluster
        cluster = char
    if cluster:
        yield cluster


def _joins(cluster: str, char: str) -> bool:
    if unicodedata.category(char)[0] == "M" or char == _JOINER or cluster[-1] == _JOINER:
        return True
    return _is_skin_tone(char) or (len(cluster) == 1 and _is_flag_half(cluster) and _is_flag_half(char))


def _is_picture(char: str) -> bool:
    if not char or char in _BLANK_LETTERS:
        return False
    return unicodedata.category(char) == "So" or "\ufe00" <= char <= "\ufe0f" or _is_skin_tone(char)


def _is_skin_tone(char: str) -> bool:
    return "\U0001f3fb" <= char <= "\U0001f3ff"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
