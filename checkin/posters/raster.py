"""A page as PNG, to be sent on from phone to phone: the same marks as in the PDF, letters from the same font files."""

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from checkin.posters.lettering import MM_PER_PT, Weight, advance, font_file
from checkin.posters.paper import Bar, Code, Disc, Face, Polygon, Text
from checkin.posters.symbols import symbol


def page_png(face: Face, width_px: int) -> bytes:
    """The page as a PNG file in greys, so many pixels wide. Raises TypeError for marks that only paper has: what is to
    be folded or cut, and a face on another one."""
    scale = width_px / face.width
    picture = Image.new("L", (width_px, round(face.height * scale)), 255)
    draw = ImageDraw.Draw(picture)
    for mark in face.marks:
        match mark:
            case Text():
                _text(draw, mark, scale)
            case Bar(x, y, width, height):
                # The last pixel of a rectangle is drawn too.
                ends = round((x + width) * scale) - 1, round((y + height) * scale) - 1
                draw.rectangle((round(x * scale), round(y * scale), *ends), 0)
            case Disc(x, y, radius):
                draw.ellipse([value * scale for value in (x - radius, y - radius, x + radius, y + radius)], 0)
            case Polygon(points):
                draw.polygon([(x * scale, y * scale) for x, y in points], 0)
            case Code():
                _code(draw, mark, scale)
            case _:
                raise TypeError("no mark of a picture")
    file = BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


@lru_cache(maxsize=64)
def _letters(weight: Weight, pixels: float) -> ImageFont.FreeTypeFont:
    # Without kerning, as the layouts measure.
    return ImageFont.truetype(str(font_file(weight)), pixels, layout_engine=ImageFont.Layout.BASIC)


def _text(draw: ImageDraw.ImageDraw, mark: Text, scale: float) -> None:
    size = mark.size * MM_PER_PT * scale
    x, font = mark.x * scale, _letters(mark.weight, size)
    for char in mark.text:
        draw.text((x, mark.baseline * scale), char, fill=255 if mark.white else 0, font=font, anchor="ls")
        x += (advance(char, mark.weight) + mark.gap / mark.size) * size


def _code(draw: ImageDraw.ImageDraw, mark: Code, scale: float) -> None:
    """The symbol, every module of the same whole number of pixels, in the middle of its place."""
    code = symbol(mark.url)
    pixels = max(1, int(mark.width * scale / code.side))
    spare = (mark.width * scale - pixels * code.side) / 2
    left, top = round(mark.x * scale + spare), round(mark.y * scale + spare)
    for x, y, width in code.runs:
        draw.rectangle(
            (left + x * pixels, top + y * pixels, left + (x + width) * pixels - 1, top + (y + 1) * pixels - 1), 0
        )
