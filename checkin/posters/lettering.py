"""Text on paper: cleaned to what the font can show, measured, wrapped and shrunk until it fits its box."""

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple

from fontTools.pens.svgPathPen import SVGPathPen
from fontTools.ttLib import TTFont

Weight = Literal["", "B"]

FAMILY = "be-vietnam-pro"
MM_PER_PT = 25.4 / 72
ELLIPSIS = "…"
DASH = " – "  # between a name and its door or hall

_FILES: dict[Weight, str] = {"": "BeVietnamPro-Regular.ttf", "B": "BeVietnamPro-Bold.ttf"}
# Tables of a font are read when first asked for, which two threads must not do at once.
_reading = Lock()
_LONGEST = 600  # more characters than any box holds


def font_file(weight: Weight) -> Path:
    """Where the font of a weight is, a TrueType file."""
    return Path(str(files("fontpkg_be_vietnam_pro") / "files" / _FILES[weight]))


@lru_cache(maxsize=2)
def _font(weight: Weight) -> TTFont:
    return TTFont(BytesIO(font_file(weight).read_bytes()))


@lru_cache(maxsize=1)
def _advances() -> dict[Weight, dict[int, float]]:
    """Advance of every character of each weight, as a share of the size. No kerning, as in the documents."""
    tables: dict[Weight, dict[int, float]] = {}
    with _reading:
        for weight in _FILES:
            font = _font(weight)
            em, metrics = font["head"].unitsPerEm, font["hmtx"].metrics
            tables[weight] = {char: metrics[glyph][0] / em for char, glyph in font.getBestCmap().items()}
    return tables


@lru_cache(maxsize=2048)
def outline(char: str, weight: Weight) -> str:
    """The shape of a letter that the font has as the path of an SVG file: upwards, thousandths of the size."""
    with _reading:
        font = _font(weight)
        glyphs = font.getGlyphSet()
        pen = SVGPathPen(glyphs, ntos=lambda value: f"{value:g}")
        glyphs[font.getBestCmap()[ord(char)]].draw(pen)
    return str(pen.getCommands())


def advance(char: str, weight: Weight) -> float:
    """How far a letter moves on, as a share of the size. Raises KeyError for one that the font lacks."""
    return _advances()[weight][ord(char)]


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


def sizes(largest: float, smallest: float) -> Sequence[float]:
    """Sizes to try, by half points."""
    return [largest - step / 2 for step in range(int((largest - smallest) * 2) + 1)]


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
        whole = text_width(text + tail, self.weight, 1)
        widest = max((text_width(word, self.weight, 1) for word in (text + tail).split()), default=0)
        for may_break in (False, True):
            for size in self.sizes:
                if not may_break and widest * size > self.width or whole * size > self._rows(size) * self.width:
                    continue
                lines, broken = self._wrap(text + tail, size)
                if len(lines) <= self._rows(size):
                    return Fitted(size, lines if broken else self._set(text, tail, lines, size), cut=False)
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

    def _set(self, text: str, tail: str, lines: list[str], size: float) -> list[str]:
        """The lines as they are set: a door or hall stands on a line of its own where that takes no further line."""
        if len(lines) > 1 and tail.startswith(DASH) and text:
            apart = [*self._wrap(text, size)[0], *self._wrap(tail.removeprefix(DASH), size)[0]]
            if len(apart) == len(lines):
                return [*self._evened(apart[:-1], size), apart[-1]] if len(apart) > 2 else apart
        return self._evened(lines, size)

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
