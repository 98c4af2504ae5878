"""How people type Vietnamese on keys that have no accents, Telex and VNI, written down plainly and backwards."""

import unicodedata

TELEX = {"\u0301": "s", "\u0300": "f", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
VNI = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}


def keys(word: str, method: str, at_the_end: bool) -> str:
    """The keys for a word; the tone is typed right after its vowel or at the end, as people do either."""
    out, tone = "", ""
    for char in unicodedata.normalize("NFC", word):
        if char in "đĐ":
            out += (char == "Đ" and "D" or "d") + ("d" if method == "telex" else "9")
            continue
        base, *marks = unicodedata.normalize("NFD", char)
        out += base
        for mark in marks:
            low = base.lower()
            if mark == "\u0302":
                out += low if method == "telex" else "6"
            elif mark == "\u031b":
                out += "w" if method == "telex" else "7"
            elif mark == "\u0306":
                out += "w" if method == "telex" else "8"
            else:
                tone = (TELEX if method == "telex" else VNI)[mark]
                if not at_the_end:
                    out, tone = out + tone, ""
    return out + tone
