"""Names as the keys of an input method spell them: scanners set for Telex or VNI type "Nguyeenx" or "Nguye64n".

With the method switched off on the PC, the keys themselves arrive. Only a name whose every word becomes a
Vietnamese syllable is read so: "Alex" and "James" stay as they are.
"""

import re
import unicodedata

from checkin.fold import fold

_INITIAL = "(?:ngh|ng|nh|gh|gi|kh|ph|th|tr|ch|qu|[bcdghklmnprstvx])?"
_SYLLABLE = re.compile(_INITIAL + "(?:[aeiou]|y){1,3}(?:ch|nh|ng|[cmnpt])?")
_START = re.compile("(?:ngh|ng|nh|gh|gi(?=[aeiouy])|kh|ph|th|tr|ch|qu|dd|d9|[bcdghklmnprstvx])?")

_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT = "\u0300\u0301\u0309\u0303\u0323"
_CIRCUMFLEX, _HORN, _BREVE = "\u0302\u031b\u0306"
_TELEX_TONES = {"f": _GRAVE, "s": _ACUTE, "r": _HOOK, "x": _TILDE, "j": _DOT}
_VNI_TONES = {"2": _GRAVE, "1": _ACUTE, "3": _HOOK, "4": _TILDE, "5": _DOT}
_VNI_SHAPES = {"6": ("aeo", _CIRCUMFLEX), "7": ("ou", _HORN), "8": ("a", _BREVE)}
_TELEX_SHAPES = {"a": ("a", _CIRCUMFLEX), "e": ("e", _CIRCUMFLEX), "o": ("o", _CIRCUMFLEX)}


def is_syllable(word: str) -> bool:
    """Return whether a word, whatever its accents, is built as Vietnamese ones are."""
    return _SYLLABLE.fullmatch(fold(word)) is not None


def typed_out(name: str) -> str:
    """Return the name that Telex or VNI keys spell, in NFC with the case of each word; any other name unchanged."""
    if not name.isascii():
        return name
    words = name.split()
    for read in (_telex, _vni):
        found = [read(word.lower()) for word in words]
        if words and all(found) and any(new != old.lower() for new, old in zip(found, words, strict=True)):
            return " ".join(_cased(new, old) for new, old in zip(found, words, strict=True))
    return name


def _cased(word: str, like: str) -> str:
    if like.isupper() and len(like) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


def _telex(word: str) -> str:
    return _read(word, _TELEX_TONES, telex=True)


def _vni(word: str) -> str:
    return _read(word, _VNI_TONES, telex=False)


def _read(word: str, tones: dict[str, str], *, telex: bool) -> str:
    """The word that these keys spell; empty where they spell no syllable."""
    start = _START.match(word)
    initial = start.group() if start else ""
    rest = word[len(initial) :]
    tone = ""
    letters: list[str] = []
    for char in rest:
        if char in tones and letters and not tone:
            tone = tones[char]
        elif not _shape(letters, char, telex=telex):
            letters.append(char)
    plain = fold(initial.replace("d9", "d").replace("dd", "d") + "".join(letters))
    if not _SYLLABLE.fullmatch(plain):
        return ""
    if tone:
        _place(letters, tone)
    initial = "đ" if initial in ("dd", "d9") else initial
    return unicodedata.normalize("NFC", initial + "".join(letters))


def _shape(letters: list[str], char: str, *, telex: bool) -> bool:
    """Take a key that changes a letter typed before; False where it is a letter of its own."""
    if telex and char == "w":
        bases, mark = "aou", ""
    elif telex and char in _TELEX_SHAPES:
        bases, mark = _TELEX_SHAPES[char]
    elif not telex and char in _VNI_SHAPES:
        bases, mark = _VNI_SHAPES[char]
    else:
        return False
    at = next((n for n in reversed(range(len(letters))) if letters[n] in bases), None)
    if at is None or (telex and mark and any(letter in "aeiouy" for letter in letters[at + 1 :])):
        return False
    letters[at] += mark or (_BREVE if letters[at] == "a" else _HORN)
    # One key makes both letters of "ươ".
    if letters[at] == "o" + _HORN and at and letters[at - 1] == "u":
        letters[at - 1] += _HORN
    return True


def _place(letters: list[str], tone: str) -> None:
    vowels = [n for n, letter in enumerate(letters) if letter[0] in "aeiouy"]
    if not vowels:
        return
    shaped = [n for n in vowels if len(letters[n]) > 1]
    if shaped:
        at = shaped[-1]
    elif len(vowels) == 1 or vowels[-1] < len(letters) - 1:
        at = vowels[-1]
    else:
        at = vowels[1] if len(vowels) == 3 else vowels[0]
    letters[at] += tone
