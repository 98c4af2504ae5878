"""Codes in photos: what phones take is read, what is no photo is told apart, and nothing takes long or much room."""

import io
import struct
import subprocess
import sys
import time
import zlib
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from checkin.people import cardphoto
from checkin.people.cardphoto import PhotoError, read_photo
from tests import cast
from tests.people.photos import BHYT, jpeg, picture

SMALL = {"size": (1200, 900), "part": 4, "blur": 0}


def refused(data):
    with pytest.raises(PhotoError) as caught:
        read_photo(data)
    return caught.value.reason


def saved(image, kind, **more):
    made = io.BytesIO()
    image.save(made, kind, **more)
    return made.getvalue()


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (cast.CCCD, {"blur": 5}),
        (BHYT, {"turn": 200}),
    ],
    ids=["citizen card out of focus", "insurance card upside down"],
)
def test_a_card_is_read_from_the_photo_of_a_phone(text, how):
    assert read_photo(jpeg(picture(text, **how), quality=40)) == [text]


@pytest.mark.long
@pytest.mark.parametrize("text", [cast.CCCD, BHYT], ids=["citizen card", "insurance card"])
@pytest.mark.parametrize("turn", range(0, 360, 60))
@pytest.mark.parametrize("blur", [0, pytest.param(4, marks=pytest.mark.wide)])
def test_a_card_is_read_however_it_is_held(text, turn, blur):
    assert read_photo(jpeg(picture(text, turn=turn, blur=blur), quality=40)) == [text]


@pytest.mark.parametrize("turn", [45, 215])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_small_photo_of_a_card_is_read_at_any_angle(turn, progressive):
    photo = picture(cast.CCCD, **SMALL, turn=turn)
    assert read_photo(jpeg(photo, 60, progressive=progressive)) == [cast.CCCD]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_photo_that_says_how_it_was_held_is_read(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert read_photo(jpeg(picture(cast.CCCD, **SMALL), exif=exif)) == [cast.CCCD]


def test_a_png_a_webp_one_with_clear_parts_and_one_of_few_colours_are_read():
    photo = picture(cast.CCCD, **SMALL)
    clear = Image.merge("LA", (Image.new("L", photo.size, 0), photo.point(lambda value: 255 if value < 128 else 0)))
    for data in (
        saved(photo, "PNG"), saved(photo.convert("RGB"), "WEBP"), saved(photo.convert("RGB").convert("P"), "PNG"),
        saved(clear, "PNG"), saved(photo.convert("CMYK"), "JPEG"),
    ):  # fmt: skip
        assert read_photo(data) == [cast.CCCD]


def test_a_photo_with_its_preview_or_a_film_behind_it_is_read():
    photo = picture(cast.CCCD, **SMALL).convert("RGB")
    assert read_photo(saved(photo, "MPO", save_all=True, append_images=[photo.resize((200, 150))])) == [cast.CCCD]
    # Bytes of a film look like the sweeps of a picture.
    assert read_photo(jpeg(photo) + b"\xff\xda\x00\x02" * 50_000) == [cast.CCCD]


def test_what_is_out_of_focus_is_looked_at_twice(monkeypatch):
    data = jpeg(picture(cast.CCCD, blur=6), 40)
    assert read_photo(data) == [cast.CCCD]
    monkeypatch.setattr(Image.Image, "filter", lambda picture, *_: picture)
    assert read_photo(data) == []


def test_letters_are_those_of_the_bytes_and_else_what_the_reader_takes_them_for():
    assert cardphoto._text(SimpleNamespace(bytes="Lý".encode(), text="LÃ½")) == "Lý"
    assert cardphoto._text(SimpleNamespace(bytes=b"L\xfd", text="Lý")) == "Lý"


def test_every_code_in_the_photo_is_given_once():
    assert read_photo(jpeg(picture(cast.CCCD, cast.CCCD, blur=0))) == [cast.CCCD]
    assert sorted(read_photo(jpeg(picture(cast.CCCD, cast.CCCD_MAN, blur=0)))) == sorted([cast.CCCD, cast.CCCD_MAN])


def test_nothing_is_read_where_there_is_no_code():
    assert read_photo(jpeg(picture())) == []
    assert read_photo(jpeg(Image.new("L", (1, 1)))) == []
    # Made small enough to be read, a strip has less than one point across.
    assert read_photo(jpeg(Image.new("L", (4001, 1)))) == read_photo(jpeg(Image.new("L", (2, 65_000)))) == []


def test_a_file_that_is_no_photo_is_told_apart():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    gif = saved(Image.new("L", (50, 50)), "GIF", save_all=True, append_images=[Image.new("L", (50, 50), 255)])
    assert refused(b"") == "empty"
    assert refused(b"\0\0\0\x24ftypheic" + bytes(500)) == "heic"
    for other in (b"%PDF-1.7\n%...", svg, gif, saved(Image.new("L", (9, 9)), "TIFF"), saved(Image.new("L", (9, 9)), "BMP"), b"x"):  # fmt: skip
        assert refused(other) == "kind"


def test_a_photo_that_is_broken_is_told_apart():
    whole = jpeg(picture(cast.CCCD, **SMALL))
    png = saved(picture(cast.CCCD, **SMALL), "PNG")
    for broken in (whole[: len(whole) // 2], whole[:30], whole[:3], png[:-2000], png[:20], b"RIFF\x10\0\0\0WEBPVP8 "):
        assert refused(broken) == "damaged"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_bytes_that_were_changed_end_in_a_reason_and_nothing_else(data):
    whole = bytearray(_SAMPLES[data.draw(st.sampled_from(sorted(_SAMPLES)))])
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        read_photo(bytes(whole))
    except PhotoError as error:
        assert error.reason in {"kind", "damaged", "large", "heic"}


_TINY = picture(cast.CCCD, size=(400, 300), part=2, blur=0)
_SAMPLES = {
    "jpeg": jpeg(_TINY),
    "progressive": jpeg(_TINY, progressive=True),
    "png": saved(_TINY, "PNG"),
    "webp": saved(_TINY.convert("RGB"), "WEBP"),
}


def png_that_says(width, height):
    """A PNG of that size, of which there is next to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    body = b"".join(struct.pack(">I", len(p)) + k + p + struct.pack(">I", zlib.crc32(k + p)) for k, p in parts)
    return b"\x89PNG\r\n\x1a\n" + body


def webp_that_says(width, height):
    """Each of the three ways in which a WebP says its size."""
    long = (
        b"VP8X"
        + struct.pack("<I", 10)
        + bytes(4)
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little")
    )
    lossless = (
        b"VP8L" + struct.pack("<I", 9) + b"\x2f" + (width - 1 | (height - 1) << 14).to_bytes(4, "little") + bytes(5)
    )
    lossy = b"VP8 " + struct.pack("<I", 10) + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return [b"RIFF" + struct.pack("<I", len(part) + 4) + b"WEBP" + part for part in (long, lossless, lossy)]


@pytest.mark.parametrize(
    "data", [png_that_says(3001, 2000), png_that_says(60_000, 60_000), *webp_that_says(16_383, 16_383)],
    ids=["png", "bomb", "webp", "lossless webp", "lossy webp"],
)  # fmt: skip
def test_what_would_unpack_into_too_much_is_refused_before_it_is_unpacked(data, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was unpacked"))
    if data.startswith(b"RIFF"):
        monkeypatch.setattr(Image, "open", lambda *_, **__: pytest.fail("it was opened, which takes its room"))
    assert refused(data) == "large"


def test_the_size_of_a_webp_is_found_in_each_of_its_forms(monkeypatch):
    for made in ({"lossless": True}, {"quality": 50}, {"quality": 50, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}):
        data = saved(picture(cast.CCCD, **SMALL).convert("RGB"), "WEBP", **made)
        monkeypatch.setattr("checkin.people.cardphoto._POINTS_WHOLE", 1200 * 900 - 1)
        assert refused(data) == "large"
        monkeypatch.setattr("checkin.people.cardphoto._POINTS_WHOLE", 1200 * 900)
        assert read_photo(data) == [cast.CCCD]


@pytest.mark.long
def test_a_photo_of_50_million_points_is_read_and_one_of_70_million_refused():
    base = jpeg(picture(cast.CCCD, **SMALL))
    size = base.index(struct.pack(">HH", 900, 1200))
    assert refused(base[:size] + struct.pack(">HH", 7000, 10_000) + base[size + 4 :]) == "large"
    assert read_photo(jpeg(picture(cast.CCCD, size=(8160, 6120), part=6, blur=0), 50)) == [cast.CCCD]


def test_a_jpeg_of_a_thousand_sweeps_is_refused_unopened(monkeypatch):
    whole = jpeg(_TINY, progressive=True)
    place = whole.rindex(b"\xff\xda")
    bomb = whole[:place] + whole[place:-2] * 1000 + b"\xff\xd9"
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was unpacked"))
    assert refused(bomb) == "large"


@pytest.mark.parametrize(
    ("at_head", "run"),
    [
        (False, b"\xff" * 300_000 + b"\0"),
        (True, b"\xff" * 300_000),
        (True, b"\0" * 300_000),
        (True, b"\xff\x01" * 150_000),
        (False, b"\xff\x01" * 150_000),
    ],
    ids=["fill behind the head", "fill in the head", "nothing in the head", "markers in the head", "markers behind"],
)
def test_a_jpeg_made_to_be_gone_through_byte_by_byte_takes_no_time(at_head, run):
    whole = jpeg(_TINY)
    place = 2 if at_head else whole.rindex(b"\xff\xda") + 10
    made, start = whole[:place] + run + whole[place:], time.process_time()
    assert refused(made) == "damaged"
    # A pattern that begins anew at each byte takes minutes.
    assert time.process_time() - start < 2


def test_a_png_of_a_million_chunks_takes_no_time():
    whole = saved(picture(cast.CCCD, **SMALL), "PNG")
    empty = struct.pack(">I", 0) + b"prVt" + struct.pack(">I", zlib.crc32(b"prVt"))
    start = time.process_time()
    assert refused(whole[:33] + empty * 900_000 + whole[33:]) == "damaged"
    assert time.process_time() - start < 2
    assert read_photo(whole[:33] + empty * 1000 + whole[33:]) == [cast.CCCD]


@pytest.mark.long
@pytest.mark.wide
def test_no_photo_takes_long_or_much_room():
    """With room for a slower machine: docs/performance.md has what it takes."""
    command = [sys.executable, "-m", "tests.people.photo_cost", "2"]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    lines = found.stdout.splitlines()
    assert len(lines) == 10
    for line in lines:
        _, middle, _, megabytes = line.split("\t")
        assert int(middle) < 600 and int(megabytes) < 120, line
