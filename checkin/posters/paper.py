"""Marks on paper, in black and white: what a layout draws, whatever it is written as. All lengths are millimetres,
down from the left top corner; sizes of letters are points."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from checkin.posters.lettering import MM_PER_PT, Box, Fitted, Weight, printable, text_width

# A line to fold or cut along.
DASH_MM, THIN_MM = 1.6, 0.2


@dataclass(frozen=True)
class Text:
    """One line, from its left end on the baseline; `gap` points between its letters."""

    x: float
    baseline: float
    text: str
    size: float
    weight: Weight
    white: bool = False
    gap: float = 0


@dataclass(frozen=True)
class Bar:
    """A black rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Disc:
    """A black disc around a point."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Polygon:
    """A black shape with straight sides."""

    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Dashes:
    """A thin dashed line, to fold or cut along."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True)
class Code:
    """The QR code of an address without its quiet zone."""

    x: float
    y: float
    width: float
    url: str


@dataclass(frozen=True)
class Placed:
    """A face on another one: its left top corner after it was scaled and turned clockwise by 0, 90, 180 or 270."""

    face: "Face"
    x: float
    y: float
    turn: int = 0
    scale: float = 1

    @property
    def matrix(self) -> tuple[float, float, float, float, float, float]:
        """Where a point of the face goes, as in SVG: a, b, c, d, e, f."""
        width, height, s = self.face.width * self.scale, self.face.height * self.scale, self.scale
        return {
            0: (s, 0, 0, s, self.x, self.y),
            90: (0, s, -s, 0, self.x + height, self.y),
            180: (-s, 0, 0, -s, self.x + width, self.y + height),
            270: (0, -s, s, 0, self.x, self.y + width),
        }[self.turn]


Mark = Text | Bar | Disc | Polygon | Dashes | Code | Placed


@dataclass
class Face:
    """A sheet, or a part of one, and what is on it."""

    width: float
    height: float
    marks: list[Mark] = field(default_factory=list)

    def text(
        self,
        x: float,
        baseline: float,
        text: str,
        size: float,
        weight: Weight = "",
        at: float = 0.5,
        white: bool = False,
    ) -> None:
        """One line; `at` is the share of it that stands left of x: 0, 0.5 or 1."""
        if text:
            self.marks.append(Text(x - at * text_width(text, weight, size), baseline, text, size, weight, white))

    def fitted(self, x: float, top: float, fitted: Fitted, box: Box, at: float = 0.5) -> float:
        """Lines under one another from `top`; gives back where they end."""
        for line in fitted.lines:
            # 0.94 of the size above the baseline holds the two marks of an Ấ.
            self.text(x, top + 0.94 * fitted.size * MM_PER_PT, line, fitted.size, box.weight, at)
            top += fitted.size * box.leading * MM_PER_PT
        return top

    def line(self, x: float, top: float, text: str, box: Box, at: float = 0.5) -> float:
        """The cleaned text in a box, from `top`; gives back where it ends."""
        return self.fitted(x, top, box.fit(printable(text)), box, at)

    def reversed_text(self, x: float, y: float, width: float, height: float, text: str, sizes: Sequence[float]) -> None:
        """White letters in a black bar."""
        fitted = Box(width - 0.3 * height, height, 1, sizes, "B").fit(printable(text))
        self.marks.append(Bar(x, y, width, height))
        for line in fitted.lines:
            baseline = y + height / 2 + 0.34 * fitted.size * MM_PER_PT
            self.text(x + width / 2, baseline, line, fitted.size, "B", white=True)

    def spaced(self, centre: float, baseline: float, text: str, size: float, at: float = 0.5) -> None:
        """One bold line with a tenth of the size between its letters, to be read out letter by letter."""
        gap = 0.1 * size
        width = text_width(text, "B", size) + gap * MM_PER_PT * (len(text) - 1)
        self.marks.append(Text(centre - at * width, baseline, text, size, "B", gap=gap))

    def bar(self, x: float, y: float, width: float, height: float) -> None:
        """A black rectangle."""
        self.marks.append(Bar(x, y, width, height))

    def place(self, face: "Face", x: float, y: float, turn: int = 0, scale: float = 1) -> None:
        """Another face on this one."""
        self.marks.append(Placed(face, x, y, turn, scale))
