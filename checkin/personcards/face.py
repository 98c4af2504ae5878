"""The card on paper: of the size of a bank card, a strip to keep at home, and sheets of eight to cut.

The words are Vietnamese with a line of English, whatever language its issuer reads: who holds it is from here. Lengths
are millimetres, down from the left top corner.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from checkin.names import mask_for_desk
from checkin.posters.lettering import MM_PER_PT, Box, printable, sizes
from checkin.posters.paper import Code, Dashes, Face
from checkin.posters.pdf import About, document
from checkin.venues.codes import display

# ISO/IEC 7810, ID-1.
WIDTH, HEIGHT = 85.6, 54.0
# Without its quiet zone: four modules are 3.7 mm of a symbol of 33.
SYMBOL_MM = 30.0
STRIP = 14.0
ACROSS, DOWN = 2, 4
PER_SHEET = ACROSS * DOWN
WALLET, SHEET = "wallet", "sheet"

TITLE, SECOND = "THẺ QUA CỬA", "VISITOR CARD"
# The name, which is never cut: 100 of the widest letters take five lines of the smallest size.
NAME = Box(43.0, 21.5, 5, sizes(17, 4.5), "B", leading=1.15)
_LEFT, _RIGHT = 4.0, 38.6
_GAP_X, _GAP_Y = 6.0, 4.0


@dataclass(frozen=True)
class Paper:
    """What one card says."""

    full_name: str
    code: str
    lost_code: str
    url: str
    issuer: str
    trial: bool

    @property
    def home(self) -> str:
        """Where a lost card is reported, as people type it."""
        return self.url.split("://", 1)[-1].rsplit("/", 1)[0] + "/"


def card(paper: Paper) -> Face:
    """The card itself."""
    face = Face(WIDTH, HEIGHT)
    face.line(_LEFT, 2.6, TITLE, Box(_RIGHT - _LEFT - 2, 5.0, 1, sizes(12, 8), "B"), at=0)
    face.line(_RIGHT, 3.2, SECOND, Box(26, 4.4, 1, sizes(9, 7)), at=0)
    if paper.trial:
        face.reversed_text(WIDTH - 21, 2.8, 17, 4.2, "BẢN THỬ", sizes(8, 6))
    face.marks.append(Code(_LEFT, 11.6, SYMBOL_MM, paper.url))
    face.spaced(_LEFT + SYMBOL_MM / 2, 49.2, display(paper.code), 8)
    name = printable(paper.full_name)
    if name:
        fitted = NAME.fit(name)
        spare = NAME.height - len(fitted.lines) * fitted.size * NAME.leading * MM_PER_PT
        face.fitted(_RIGHT, 9.6 + max(spare, 0) / 2, fitted, NAME, at=0)
    else:
        # A name in letters that the font lacks is written by hand.
        face.line(_RIGHT, 10, "Tên / Name:", Box(NAME.width, 4, 1, sizes(8, 6)), at=0)
        face.marks.append(Dashes(_RIGHT, 24, _RIGHT + NAME.width, 24))
    top = 32.4
    plain, small = Box(NAME.width, 7.2, 2, sizes(7.5, 6), "B"), Box(NAME.width, 3, 1, sizes(6, 4.5))
    top = face.line(_RIGHT, top, "Chỉ để ghi lượt vào. Không đọc được gì từ thẻ này.", plain, at=0)
    top = face.line(_RIGHT, top + 0.3, "Only records a visit. Nothing can be read from it.", small, at=0)
    face.bar(_RIGHT, 44.0, NAME.width, 0.2)
    face.line(_RIGHT, 44.7, f"Mất thẻ: {paper.home}", small, at=0)
    face.line(_RIGHT, 47.6, paper.issuer, small, at=0)
    return face


def strip(paper: Paper) -> Face:
    """What stays at home: the code by which the card is reported lost."""
    face = Face(WIDTH, STRIP)
    face.line(_LEFT, 1.2, "GIỮ Ở NHÀ, đừng để cùng thẻ", Box(46, 3.6, 1, sizes(7.5, 6), "B"), at=0)
    face.line(_LEFT, 4.9, f"Mất thẻ: mở {paper.home}", Box(44, 3.2, 1, sizes(7, 4.5)), at=0)
    face.line(_LEFT, 8.1, "rồi gõ mã huỷ thẻ này.", Box(44, 3.2, 1, sizes(7, 5)), at=0)
    face.line(_LEFT, 11.0, "Lost the card? Type this code there.", Box(44, 2.6, 1, sizes(5.5, 4.5)), at=0)
    face.line(50, 1.2, f"Mã huỷ thẻ · {mask_for_desk(paper.full_name)}", Box(32.5, 3.4, 1, sizes(7, 4.5)), at=0)
    face.spaced(50, 10.2, display(paper.lost_code), 9, at=0)
    return face


def sheet(papers: Sequence[Paper]) -> Face:
    """An A4 sheet of up to eight cards, each with its strip under it, and lines to cut along."""
    face = Face(210, 297)
    left = (210 - ACROSS * WIDTH - (ACROSS - 1) * _GAP_X) / 2
    whole = HEIGHT + STRIP
    top = (297 - DOWN * whole - (DOWN - 1) * _GAP_Y) / 2
    for number, paper in enumerate(papers):
        x = left + number % ACROSS * (WIDTH + _GAP_X)
        y = top + number // ACROSS * (whole + _GAP_Y)
        face.place(card(paper), x, y)
        face.place(strip(paper), x, y + HEIGHT)
        face.marks += [Dashes(x, y + edge, x + WIDTH, y + edge) for edge in (0, HEIGHT, whole)]
        face.marks += [Dashes(x + edge, y, x + edge, y + whole) for edge in (0, WIDTH)]
    return face


def wallet(paper: Paper) -> Iterator[Face]:
    """For printers of plastic cards: the card, and on a page of its own the strip."""
    yield card(paper)
    behind = Face(WIDTH, HEIGHT)
    behind.place(strip(paper), 0, (HEIGHT - STRIP) / 2)
    yield behind


def cards_pdf(papers: Sequence[Paper], form: str, *, made_at: datetime) -> bytes:
    """One PDF of cards, as SHEET or WALLET. Raises ValueError for no card or another form."""
    if not papers or form not in (WALLET, SHEET):
        raise ValueError("there is no such card to print")
    faces = (
        (sheet(papers[start : start + PER_SHEET]) for start in range(0, len(papers), PER_SHEET))
        if form == SHEET
        else (face for paper in papers for face in wallet(paper))
    )
    # Nobody's name in the properties, which file managers show.
    return document(faces, lambda: About(f"{TITLE} ({len(papers)})", papers[0].issuer, "vi"), made_at=made_at)
