"""Lists with a line of time at the left on sheets of A4, as many as it takes, each with its number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from checkin.posters.lettering import MM_PER_PT, Box, printable
from checkin.posters.paper import Face

WIDTH, HEIGHT, MARGIN = 210.0, 297.0, 18.0
# Where the second column begins, and where a sheet is full.
RIGHT, END = MARGIN + 44, HEIGHT - 24
TITLE, HEAD, TEXT, SMALL = 18.0, 13.0, 10.5, 9.0


@dataclass(frozen=True)
class Item:
    """A line of a list: when, and below one another what; the first of it in bold."""

    left: str
    right: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A list under a heading, and what is to be known of it."""

    title: str
    note: str
    items: Sequence[Item]


class _Sheets:
    """Sheets that are written from top to bottom; the next one begins where one is full."""

    def __init__(self) -> None:
        self.faces: list[Face] = []
        self.top = END

    def need(self, height: float) -> None:
        """Room for so much in one piece."""
        if not self.faces or self.top + height > END:
            self.faces.append(Face(WIDTH, HEIGHT))
            self.top = MARGIN

    def lines(self, text: str, size: float, *, bold: bool = False, x: float = MARGIN, width: float = 0) -> "_Lines":
        """The text in lines of a column."""
        box = Box(width or WIDTH - MARGIN - x, HEIGHT, 40, [size], "B" if bold else "", 1.3)
        return _Lines(box, x, box.fit(printable(text)).lines if printable(text) else [])

    def write(self, lines: "_Lines", top: float) -> float:
        """Write them from `top` down; where they end."""
        for line in lines.texts:
            self.faces[-1].text(
                lines.x, top + 0.94 * lines.box.sizes[0] * MM_PER_PT, line, lines.box.sizes[0], lines.box.weight, 0
            )
            top += lines.step
        return top


@dataclass(frozen=True)
class _Lines:
    box: Box
    x: float
    texts: list[str]

    @property
    def step(self) -> float:
        return self.box.sizes[0] * self.box.leading * MM_PER_PT

    @property
    def height(self) -> float:
        return len(self.texts) * self.step


def sheets(title: str, about: Sequence[str], parts: Sequence[Part], foot: Callable[[int, int], str]) -> list[Face]:
    """The sheets of these lists; `foot` says what stands under the sheet of this number of so many."""
    made = _Sheets()
    for number, text in enumerate((title, *about)):
        lines = made.lines(text, TEXT if number else TITLE, bold=not number)
        made.need(lines.height)
        made.top = made.write(lines, made.top) + 1.5
    for part in parts:
        _part(made, part)
    for number, face in enumerate(made.faces, 1):
        face.text(WIDTH / 2, HEIGHT - 12, printable(foot(number, len(made.faces))), SMALL)
    return made.faces


def _part(made: _Sheets, part: Part) -> None:
    head, note = made.lines(part.title, HEAD, bold=True), made.lines(part.note, SMALL)
    # A heading never stands alone at the foot of a sheet.
    made.need(head.height + note.height + 26)
    made.top = made.write(note, made.write(head, made.top + 6) + 0.5) + 2
    for item in part.items:
        left = made.lines(item.left, TEXT, width=RIGHT - MARGIN - 3)
        right = [made.lines(text, TEXT if not n else SMALL, bold=not n, x=RIGHT) for n, text in enumerate(item.right)]
        made.need(max(left.height, sum(one.height for one in right)) + 3)
        made.faces[-1].bar(MARGIN, made.top, WIDTH - 2 * MARGIN, 0.1)
        top = made.top = made.top + 1
        low = made.write(left, top)
        for one in right:
            top = made.write(one, top)
        made.top = max(low, top) + 2
