"""The code itself: as the library would draw it, the same in each kind of file, and the same every time."""

import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.main import QRCode

from checkin.posters.symbols import code_png, code_svg, symbol
from tests.posters.sheets import SHOP, URL, drawn, pdf_of


def grid(url):
    """The modules of our symbol, True where dark."""
    code = symbol(url)
    rows = [[False] * code.side for _ in range(code.side)]
    for x, y, width in code.runs:
        assert not any(rows[y][x : x + width])
        rows[y][x : x + width] = [True] * width
    return rows


def by_the_library(url):
    """The same, with the mask that the library finds by drawing each."""
    code = QRCode(version=4, error_correction=ERROR_CORRECT_Q, border=0)
    code.add_data(url)
    code.make(fit=True)
    return [[bool(module) for module in row] for row in code.get_matrix()]


@settings(max_examples=25)
@given(st.text("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=11, max_size=11))
def test_the_symbol_of_a_code_is_the_one_that_the_library_draws(code):
    url = f"https://khaibao.example.vn/v/{code}"
    assert grid(url) == by_the_library(url)


@settings(max_examples=6)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=250))
def test_so_is_that_of_any_other_text(text):
    assert grid(text or "x") == by_the_library(text or "x")


def svg_image(svg: bytes, scale: int = 8) -> Image.Image:
    """The picture the file describes, drawn from its own path."""
    root = ElementTree.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    (path,) = root.findall("{http://www.w3.org/2000/svg}path")
    image = Image.new("L", (side, side), 255)
    for x, y, width, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path.attrib["d"]):
        assert width == back
        image.paste(0, (int(x), int(y), int(x) + int(width), int(y) + 1))
    assert not re.sub(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", "", path.attrib["d"])
    return image.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def test_the_svg_leads_to_the_address_and_has_four_modules_of_white() -> None:
    svg = code_svg(URL)
    image = svg_image(svg)
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [URL]
    dark = np.asarray(image) < 128
    assert (np.flatnonzero(dark.any(axis=0))[[0, -1]] == [32, 41 * 8 - 33]).all()
    assert (np.flatnonzero(dark.any(axis=1))[[0, -1]] == [32, 41 * 8 - 33]).all()
    assert b"style" not in svg
    assert b"script" not in svg


def test_the_svg_escapes_what_an_address_may_hold() -> None:
    url = "https://a.vn/?a=1&b=<script>\"'"
    root = ElementTree.fromstring(code_svg(url))
    assert root.findtext("{http://www.w3.org/2000/svg}title") == url


@pytest.mark.parametrize("size", [1000, 1001, 2480])
def test_the_png_leads_to_the_address_in_even_modules(size: int) -> None:
    image = Image.open(BytesIO(code_png(URL, size)))
    assert image.format == "PNG" and image.width == image.height and size <= image.width < size + 41
    assert image.width % 41 == 0
    assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == [URL]
    quiet = 4 * image.width // 41
    dark = ~np.asarray(image)
    assert np.flatnonzero(dark.any(axis=0))[0] == np.flatnonzero(dark.any(axis=1))[0] == quiet


@pytest.mark.parametrize("size", [-1, 0, 999, 10_001])
def test_it_rejects_a_png_too_small_to_print_or_too_large_to_hold(size: int) -> None:
    with pytest.raises(ValueError, match="pixels"):
        code_png(URL, size)


@pytest.mark.parametrize("draw", [code_svg, code_png, symbol])
def test_it_rejects_an_address_too_long_for_a_code(draw) -> None:
    with pytest.raises(ValueError, match="fit"):
        draw("https://a.vn/" + "x" * 10_000)


def test_the_code_is_the_same_byte_for_byte_at_every_download() -> None:
    first = code_svg(URL), code_png(URL)
    symbol.cache_clear()
    assert (code_svg(URL), code_png(URL)) == first


def test_svg_png_and_pdf_hold_the_same_symbol() -> None:
    from_svg = np.asarray(svg_image(code_svg(URL), 1)) < 128
    png = Image.open(BytesIO(code_png(URL)))
    from_png = ~np.asarray(png.resize((41, 41), Image.Resampling.NEAREST))
    ink, mm, module = drawn(pdf_of(SHOP)), 200 / 25.4, 150 / 33
    middles = [(place + 0.5) * module for place in range(33)]
    from_pdf = np.array([[ink[round((76.5 + y) * mm), round((30 + x) * mm)] for x in middles] for y in middles])
    assert (from_svg == from_png).all()
    assert (from_svg[4:-4, 4:-4] == from_pdf).all()
