"""Pages as PNG: the marks where they stand, in whole modules, and letters as wide as they are measured."""

from io import BytesIO

import pytest
from PIL import Image

from checkin.posters.lettering import Box
from checkin.posters.paper import Bar, Code, Dashes, Disc, Face, Polygon
from checkin.posters.raster import page_png


def picture(face, width=400):
    return Image.open(BytesIO(page_png(face, width)))


def black(image, x, y):
    return image.getpixel((x, y)) < 128


def test_marks_stand_where_the_page_has_them():
    face = Face(100, 125)
    face.marks += [Bar(10, 10, 20, 5), Disc(60, 20, 5), Polygon(((80, 80), (90, 90), (80, 100), (70, 90)))]
    image = picture(face)
    assert image.size == (400, 500)
    assert black(image, 40, 40) and black(image, 119, 59) and not black(image, 120, 40) and not black(image, 39, 40)
    assert black(image, 240, 80) and not black(image, 240, 105)
    assert black(image, 320, 360) and not black(image, 283, 323)


def test_a_line_is_as_wide_as_it_is_measured():
    face = Face(100, 20)
    face.line(50, 5, "Chợ Hạ Long 1 – Ẩm thực", Box(90, 10, 1, [14], "B"))
    left, _, right, _ = picture(face, 1000).point(lambda value: 255 - value).getbbox()
    assert abs((left + right) / 2 - 500) < 15 and 400 < right - left < 900


def test_a_symbol_has_modules_of_one_whole_size_within_its_place():
    face = Face(100, 100)
    face.marks.append(Code(10, 10, 80, "https://khaibao.example.vn/notices/TB-0001"))
    box = picture(face, 1000).point(lambda value: 255 - value).getbbox()
    assert box[2] - box[0] == box[3] - box[1] and box[0] >= 100 and box[2] <= 900


def test_what_only_paper_has_is_refused():
    face = Face(10, 10)
    face.marks.append(Dashes(0, 0, 1, 1))
    with pytest.raises(TypeError):
        page_png(face, 100)
