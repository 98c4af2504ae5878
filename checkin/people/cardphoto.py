"""The QR codes in a photo of a card. The photo is read where it lies in memory; nothing of it is kept or named.

What is sent is anybody's: the size is known before a pixel is unpacked, and what takes long to unpack may be smaller.
"""

import io
import re
import struct
from typing import Literal

import zxingcpp
from PIL import Image, ImageFilter, UnidentifiedImageError

LARGEST = 12 * 1024 * 1024
"""Bytes of a photo; phones make 2 to 8 MB."""

PhotoErrorReason = Literal["empty", "heic", "kind", "large", "damaged"]

# Longer than this on no side: the code of a card that fills the picture has five points a module, and a photo of any
# size takes the same time.
_EDGE = 2000
# JPEG is unpacked at a fraction of its size, so that what phones make of 50 million points is read; the others are not.
_POINTS, _POINTS_WHOLE = 64_000_000, 5_000_000
# A progressive JPEG comes in some ten sweeps, each over the whole picture; a made-up one has thousands.
_SWEEPS = 20
# One byte before it is enough: fill bytes may stand there, and a pattern that takes them all in tries each run from
# each of its places.
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")
# A photo has some dozens of markers, and next to nothing between those at its beginning. Whoever opens it goes through
# both one by one.
_MARKERS, _BETWEEN = 5000, 1000
_ALONE = frozenset(b"\x01\xd8")
_FORMATS = ("JPEG", "PNG", "WEBP")
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


class PhotoError(ValueError):
    """It is no photo that can be read; `reason` is one of `PhotoErrorReason`."""

    def __init__(self, reason: PhotoErrorReason) -> None:
        super().__init__(reason)
        self.reason: PhotoErrorReason = reason


def read_photo(data: bytes) -> list[str]:
    """Return the different texts of the QR codes in a JPEG, PNG or WebP; none where none is seen.

    Raises PhotoError: "empty", "heic" (what iPhones keep photos as), "kind" (any other file), "large" (too many points,
    or slow to unpack), "damaged" (broken off, or not what it says it is).
    """
    grey = _unpack(data)
    # What is out of focus is often read once its edges are drawn harder; what is sharp is not made worse by waiting.
    return _codes(grey) or _codes(grey.filter(ImageFilter.UnsharpMask(3, 200, 0)))


def _codes(picture: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(picture, formats=_QR, try_invert=False)
    return list(dict.fromkeys(_text(one) for one in found))


def _text(code: zxingcpp.Barcode) -> str:
    # Cards are UTF-8, whatever the reader takes the letters for.
    try:
        return bytes(code.bytes).decode()
    except UnicodeDecodeError:
        return str(code.text)


def _unpack(data: bytes) -> Image.Image:
    if not data:
        raise PhotoError("empty")
    if data[4:8] == b"ftyp":
        raise PhotoError("heic")
    if data[:4] == b"RIFF" and _webp_points(data) > _POINTS_WHOLE:
        raise PhotoError("large")  # its room is taken as soon as it is opened
    try:
        sweeps = _sweeps(data) if data.startswith(b"\xff\xd8") else 1
        if data.startswith(b"\x89PNG") and _has_many_chunks(data):
            raise PhotoError("damaged")
        picture = Image.open(io.BytesIO(data), formats=_FORMATS)
        _check(picture, sweeps)
        width, height = picture.size
        part = min(1.0, _EDGE / max(width, height))
        # A strip may come to less than one point: the library divides by it.
        picture.draft("L", (max(1, int(width * part)), max(1, int(height * part))))
        picture.load()
        grey = _grey(picture)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoError("large") from error
    except UnidentifiedImageError as error:
        raise PhotoError("damaged" if data.startswith((b"\xff\xd8\xff", b"\x89PNG", b"RIFF")) else "kind") from error
    except PhotoError:
        raise
    # What a broken file says surprises the library in more ways than it names.
    except (OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, struct.error, EOFError) as error:
        raise PhotoError("damaged") from error
    grey.thumbnail((_EDGE, _EDGE), Image.Resampling.BILINEAR)
    return grey


def _check(picture: Image.Image, sweeps: int) -> None:
    in_part = picture.format in {"JPEG", "MPO"}
    if sweeps > _SWEEPS or picture.width * picture.height > (_POINTS if in_part and sweeps == 1 else _POINTS_WHOLE):
        raise PhotoError("large")


def _grey(picture: Image.Image) -> Image.Image:
    if picture.mode == "P" or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    grey = picture.convert("L")
    if "A" in picture.getbands():
        # What is clear is white, as a page shows it.
        grey = Image.composite(grey, Image.new("L", grey.size, 255), picture.getchannel("A"))
    return grey


def _sweeps(data: bytes) -> int:
    """How often a JPEG goes over the picture, up to its end; what phones put behind that does not count.

    Raises PhotoError for what no camera makes: thousands of markers, or much between the first ones.
    """
    place, sweeps, between = 2, 0, 0
    for _ in range(_MARKERS):
        marker = _MARKER.search(data, place)
        if marker is None or sweeps > _SWEEPS:
            return sweeps
        between += 0 if sweeps else marker.start() - place
        if between > _BETWEEN:
            raise PhotoError("damaged")
        kind, place = marker.group(1)[0], marker.end()
        if kind == 0xD9:
            return sweeps
        if kind in _ALONE:
            continue
        sweeps += kind == 0xDA
        place += int.from_bytes(data[place : place + 2], "big")
    raise PhotoError("damaged")


def _has_many_chunks(data: bytes) -> bool:
    """True for a PNG of more chunks than any camera or screen makes: whoever opens it goes through them one by one."""
    place = 8
    for _ in range(_MARKERS):
        if place >= len(data):
            return False
        place += 12 + int.from_bytes(data[place : place + 4], "big")
    return True


def _webp_points(data: bytes) -> int:
    kind, head = data[12:16], data[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return (int.from_bytes(head[4:7], "little") + 1) * (int.from_bytes(head[7:10], "little") + 1)
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    return (int.from_bytes(head[6:8], "little") & 0x3FFF) * (int.from_bytes(head[8:10], "little") & 0x3FFF)
