"""The QR code of an address: its modules, and the code alone as SVG and PNG.

The same address gives the same modules every time: a poster printed again carries the code that hangs on the wall.
"""

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from io import BytesIO
from math import ceil
from typing import NamedTuple

from PIL import Image
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

QUIET_MODULES = 4  # ISO/IEC 18004: four modules of white on every side

# From 33 modules up the quiet zone, widest where modules are largest, has a known greatest width: layouts count on it.
SMALLEST_VERSION = 4
_MASKS = range(8)


class Run(NamedTuple):
    """Dark modules beside one another in a row."""

    x: int
    y: int
    width: int


class Symbol(NamedTuple):
    """Modules on a side, without the quiet zone, and the dark ones."""

    side: int
    runs: tuple[Run, ...]


@lru_cache(maxsize=256)
def symbol(url: str) -> Symbol:
    """The QR code of an address at level Q. Raises ValueError if the address does not fit into one."""
    code = QRCode(version=SMALLEST_VERSION, error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=0)
    code.add_data(url)
    try:
        code.make(fit=True)
    except (DataOverflowError, ValueError) as error:
        raise ValueError("the address does not fit into a QR code") from error
    side = 4 * code.version + 17
    bits = _bits(code.modules)
    masks = _masks(code.version)
    best = min(_MASKS, key=lambda mask: _penalty(bits ^ masks.tried[mask], side))
    rows = f"{bits ^ masks.drawn[best]:0{side * side}b}"[::-1]
    return Symbol(side, tuple(_runs(rows[start : start + side] for start in range(0, side * side, side))))


def code_svg(url: str) -> bytes:
    """The QR code as an SVG file: one black path on white, one unit a module, with its quiet zone.

    Raises ValueError if the address does not fit into a QR code.
    """
    code = symbol(url)
    side = code.side + 2 * QUIET_MODULES
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        f'shape-rendering="crispEdges"><title>{escape(url)}</title>'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{path(code.runs, QUIET_MODULES)}"/></svg>'
    ).encode()


def path(runs: Iterable[Run], shift: int = 0) -> str:
    """The dark modules as the path of an SVG file, one unit a module, moved right and down by `shift`."""
    return "".join(f"M{x + shift} {y + shift}h{w}v1h-{w}z" for x, y, w in runs)


def code_png(url: str, size_px: int = 1000) -> bytes:
    """The QR code as a PNG file in black and white, quiet zone included, `size_px` wide or a little more.

    All modules have the same whole number of pixels. Raises ValueError for a size outside 1,000 to 10,000
    or an address that does not fit into a QR code.
    """
    if not 1000 <= size_px <= 10_000:
        raise ValueError("a code is drawn 1,000 to 10,000 pixels wide")
    code = symbol(url)
    side = code.side + 2 * QUIET_MODULES
    small = Image.new("1", (side, side), 1)
    for x, y, width in code.runs:
        left, top = x + QUIET_MODULES, y + QUIET_MODULES
        small.paste(0, (left, top, left + width, top + 1))
    edge = side * ceil(size_px / side)
    file = BytesIO()
    small.resize((edge, edge), Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def _runs(rows: Iterable[str]) -> Iterable[Run]:
    for y, row in enumerate(rows):
        end = 0
        while (start := row.find("1", end)) >= 0:
            end = row.find("0", start)
            end = len(row) if end < 0 else end
            yield Run(start, y, end - start)


# The library tries each mask by drawing and judging the symbol anew, which takes most of the time of a poster. What
# two masks differ in does not depend on what is written: so it is drawn once for each version, and a symbol is one
# large number, judged by the rules of ISO/IEC 18004, 7.8.3. The choice is the library's own.


class _Masks(NamedTuple):
    """What to add to a symbol under mask 0: `tried` as the masks are compared, `drawn` as one is printed."""

    tried: tuple[int, ...]
    drawn: tuple[int, ...]


@lru_cache(maxsize=8)
def _masks(version: int) -> _Masks:
    tried, drawn = [], []
    for mask in _MASKS:
        code = QRCode(version=version, error_correction=ERROR_CORRECT_Q, border=0, mask_pattern=mask)
        code.add_data("any text gives the same difference")
        code.make(fit=False)
        drawn.append(_bits(code.modules))
        code.makeImpl(True, mask)  # without what says which mask it is
        tried.append(_bits(code.modules))
    return _Masks(tuple(bits ^ drawn[0] for bits in tried), tuple(bits ^ drawn[0] for bits in drawn))


def _bits(modules: list[list[bool | None]]) -> int:
    """The modules as a number, the first of the first row its lowest bit."""
    return int("".join("1" if module else "0" for row in modules for module in row)[::-1], 2)


def _penalty(bits: int, side: int) -> int:
    across = _Lines(bits, side)
    down = _Lines(_turned(bits, side), side)
    dark = bits.bit_count() / (side * side) * 100
    return (
        across.long_runs()
        + down.long_runs()
        + 3 * across.blocks()
        + 40 * (across.like_finders() + down.like_finders())
        + 10 * int(abs(dark - 50) / 5)
    )


class _Lines:
    """The rows of a symbol, judged."""

    def __init__(self, bits: int, side: int) -> None:
        self.bits, self.side = bits, side
        # Where a module is as the next one in its row.
        self.same = ~(bits ^ (bits >> 1)) & _columns(side, side - 1)

    def long_runs(self) -> int:
        """Three points for five alike, one more for each further one."""
        same = self.same
        fives = same & same >> 1 & same >> 2 & same >> 3
        return fives.bit_count() + 2 * (fives & ~(fives << 1)).bit_count()

    def blocks(self) -> int:
        """Two by two modules alike."""
        below = self.bits >> self.side
        return (self.same & (self.same >> self.side) & ~(self.bits ^ below)).bit_count()

    def like_finders(self) -> int:
        """Dark and light as in a finder pattern, with four light modules on one side."""
        return sum(self._pattern(text) for text in ("10111010000", "00001011101"))

    def _pattern(self, text: str) -> int:
        found = _columns(self.side, self.side - len(text) + 1)
        for place, module in enumerate(text):
            found &= self.bits >> place if module == "1" else ~(self.bits >> place)
        return found.bit_count()


@lru_cache(maxsize=32)
def _columns(side: int, count: int) -> int:
    """The first so many columns of every row."""
    row = (1 << count) - 1
    return sum(row << (y * side) for y in range(side))


def _turned(bits: int, side: int) -> int:
    text = f"{bits:0{side * side}b}"
    return int("".join(text[x::side] for x in range(side)), 2)
