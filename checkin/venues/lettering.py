"""Text on paper: cleaned to what the font can show, measured, wrapped and shrunk until it fits its box."""

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from typing import Literal, NamedTuple

from fpdf import FPDF
from fpdf.fonts import TTFFont

Weight = Literal["", "B"]

FAMILY = "be-vietnam-pro"
MM_PER_PT = 25.4 / 72
ELLIPSIS = "…"

_FILES: dict[Weight, str] = {"": "BeVietnamPro-Regular.ttf", "B": "BeVietnamPro-Bold.ttf"}
_LONGEST = 600  # more characters than any box holds


def add_fonts(pdf: FPDF) -> None:
    """Makes the family known to the document under FAMILY, regular and bold; what is used gets embedded."""
    folder = files("fontpkg_be_vietnam_pro") / "files"
    for weight, name in _FILES.items():
        pdf.add_font(FAMILY, weight, str(folder / name))


@lru_cache(maxsize=1)
def _advances() -> dict[Weight, dict[int, float]]:
    """Advance of every character of each weight, as a share of the size. No kerning, as in the documents."""
    pdf = FPDF()
    add_fonts(pdf)
    tables: dict[Weight, dict[int, float]] = {}
    for weight in _FILES:
        font = pdf.fonts[FAMILY + weight]
        if not isinstance(font, TTFFont):
            raise TypeError("the posters' font is a TrueType file")
        tables[weight] = {char: font.cw[char] / 1000 for char in font.cmap}
    return tables


def text_width(text: str, weight: Weight, size: float) -> float:
    """Width in mm of a cleaned text set at a size in points. Raises KeyError for a letter the font lacks."""
    advances = _advances()[weight]
    return sum([advances[ord(char)] for char in text]) * size * MM_PER_PT


def printable(text: str) -> str:
    """The text in composed letters that the font has, with single spaces, at most 600 characters.

    Emoji, direction marks, control characters and stray accents go, line breaks become spaces, and a letter
    the font lacks is set without its accent or, failing that, dropped. May be empty.
    """
    advances = _advances()
    kept = []
    for char in unicodedata.normalize("NFC", text[: 4 * _LONGEST]):
        base = unicodedata.normalize("NFD", char)[0]
        if char.isspace():
            kept.append(" ")
        elif unicodedata.category(char)[0] in "CM":
            continue
        elif all(ord(char) in known for known in advances.values()):
            kept.append(char)
        elif all(ord(base) in known for known in advances.values()):
            kept.append(base)
    return " ".join("".join(kept).split())[:_LONGEST].rstrip()


class Fitted(NamedTuple):
    """Text made to fit: size in points, lines from the top, whether an ellipsis ends what was cut."""

    size: float
    lines: list[str]
    cut: bool


@dataclass(frozen=True)
class Box:
    """Room for a text: mm, at most so many lines, and the sizes in points to try, largest first."""

    width: float
    height: float
    lines: int
    sizes: Sequence[float]
    weight: Weight = ""
    leading: float = 1.2

    def fit(self, text: str, tail: str = "") -> Fitted:
        """The cleaned `text` with `tail` behind it, at the largest size that holds both.

        A word is broken only where no size holds it whole. What fits at no size loses the end of `text` to an
        ellipsis; the tail stays whole unless it would fill the box alone.
        """
        widest = max((text_width(word, self.weight, 1) for word in (text + tail).split()), default=0)
        for may_break in (False, True):
            for size in self.sizes:
                if not may_break and widest * size > self.width:
                    continue
                lines, broken = self._wrap(text + tail, size)
                if len(lines) <= self._rows(size):
                    return Fitted(size, lines if broken else self._evened(lines, size), cut=False)
        return self._cut(text, tail, self.sizes[-1])

    def _rows(self, size: float) -> int:
        return max(1, min(self.lines, int(self.height / (size * self.leading * MM_PER_PT) + 1e-6)))

    def _cut(self, text: str, tail: str, size: float) -> Fitted:
        rows = self._rows(size)
        if len(self._wrap(ELLIPSIS + tail, size)[0]) > max(1, rows - 1):
            text, tail = text + tail, ""
        fits, too_long = 0, len(text)
        while too_long - fits > 1:
            length = (fits + too_long) // 2
            if len(self._wrap(text[:length].rstrip() + ELLIPSIS + tail, size)[0]) <= rows:
                fits = length
            else:
                too_long = length
        return Fitted(size, self._wrap(text[:fits].rstrip() + ELLIPSIS + tail, size)[0], cut=True)

    def _wrap(self, text: str, size: float, width: float | None = None) -> tuple[list[str], bool]:
        """Lines no wider than the box, and whether a word had to be broken for it."""
        width = self.width if width is None else width
        lines: list[str] = []
        line, broken = "", False
        for word in text.split():
            joined = f"{line} {word}" if line else word
            if text_width(joined, self.weight, size) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            while text_width(word, self.weight, size) > width:
                ends = list(accumulate(text_width(char, self.weight, size) for char in word))
                cut = max(1, bisect_right(ends, width - 1e-6))
                lines.append(word[:cut])
                word, broken = word[cut:], True
            line = word
        return ([*lines, line] if line else lines), broken

    def _evened(self, lines: list[str], size: float) -> list[str]:
        """As many lines, as even as they get, so that no single syllable is left over at the end."""
        text, best, width = " ".join(lines), lines, self.width
        while len(best) > 1 and width > self.width / 2:
            width -= 2
            narrower, broken = self._wrap(text, size, width)
            if broken or len(narrower) > len(best):
                break
            best = narrower
        return best
