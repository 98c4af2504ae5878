"""A page as SVG, to be looked at before it is printed: the same marks as in the PDF, letters as their outlines,
so that it looks the same on every screen."""

from html import escape

from checkin.posters.lettering import MM_PER_PT, advance, outline
from checkin.posters.paper import DASH_MM, THIN_MM, Bar, Code, Dashes, Disc, Face, Mark, Placed, Polygon, Text
from checkin.posters.symbols import path, symbol


def page_svg(face: Face, title: str) -> bytes:
    """The page as an SVG file, one unit a millimetre."""
    picture = _Picture()
    marks = picture.marks(face)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {face.width:g} {face.height:g}" width="{face.width:g}mm" height="{face.height:g}mm" '
        f'role="img"><title>{escape(title)}</title><defs>{"".join(picture.parts)}</defs>'
        f'<rect width="{face.width:g}" height="{face.height:g}" fill="#fff"/>{marks}</svg>'
    ).encode()


class _Picture:
    """Each shape of a letter and each symbol stands in the file once, and is used where it is needed."""

    def __init__(self) -> None:
        self.names: dict[object, str] = {}
        self.parts: list[str] = []

    def marks(self, face: Face) -> str:
        return "".join(self._mark(mark) for mark in face.marks)

    def _mark(self, mark: Mark) -> str:
        match mark:
            case Text():
                return self._text(mark)
            case Bar(x, y, width, height):
                return f'<rect x="{x:.3f}" y="{y:.3f}" width="{width:.3f}" height="{height:.3f}"/>'
            case Disc(x, y, radius):
                return f'<circle cx="{x:.3f}" cy="{y:.3f}" r="{radius:.3f}"/>'
            case Polygon(points):
                return f'<path d="M{"L".join(f"{x:.3f} {y:.3f}" for x, y in points)}z"/>'
            case Dashes(x1, y1, x2, y2):
                line = f"M{x1:.3f} {y1:.3f}L{x2:.3f} {y2:.3f}"
                return f'<path d="{line}" stroke="#000" stroke-width="{THIN_MM}" stroke-dasharray="{DASH_MM}"/>'
            case Code(x, y, width, url):
                code = symbol(url)
                part = self._part(url, path(code.runs))
                scale = width / code.side
                matrix = f"{scale:.6f} 0 0 {scale:.6f} {x:.3f} {y:.3f}"
                return f'<use x:href="#{part}" shape-rendering="crispEdges" transform="matrix({matrix})"/>'
            case Placed():
                matrix = " ".join(f"{value:.6g}" for value in mark.matrix)
                return f'<g transform="matrix({matrix})">{self.marks(mark.face)}</g>'
        raise TypeError("no such mark")

    def _text(self, mark: Text) -> str:
        """The letters in thousandths of the size, upwards, moved by their advances."""
        letters, x = [], 0.0
        for char in mark.text:
            if shape := outline(char, mark.weight):
                part = self._part((char, mark.weight), shape)
                letters.append(f'<use x:href="#{part}" x="{x:.0f}"/>')
            x += (advance(char, mark.weight) + mark.gap / mark.size) * 1000
        scale = mark.size * MM_PER_PT / 1000
        white = ' fill="#fff"' if mark.white else ""
        matrix = f"{scale:.6f} 0 0 {-scale:.6f} {mark.x:.3f} {mark.baseline:.3f}"
        return f'<g transform="matrix({matrix})"{white}>{"".join(letters)}</g>'

    def _part(self, key: object, shape: str) -> str:
        """The name of a shape, the path of an SVG file."""
        if key not in self.names:
            self.names[key] = f"p{len(self.names)}"
            self.parts.append(f'<path id="{self.names[key]}" d="{shape}"/>')
        return self.names[key]
