"""A printed page as the camera of a phone sees it, and two readers of QR codes that know nothing of each other.

The camera is that of an ordinary phone: a main lens as of 26 mm, 69 degrees along the long side of the picture. What a
scanner looks at while one aims is the preview, 1,920 pixels long; a photo has 4,000. The picture is tilted, turned, out of
focus by most of a pixel, grey instead of black and white, and noisy.
"""

from math import radians, tan
from typing import Any

import cv2
import numpy as np
import pypdfium2
import zxingcpp

Picture = np.ndarray[Any, Any]
PREVIEW, PHOTO = 1920, 4000
_HALF = tan(radians(69) / 2)
_RENDERED = 6.0  # pixels a mm before the camera


def pixels_per_mm(metres: float, across: int = PREVIEW) -> float:
    """How fine a sheet straight ahead is seen."""
    return across / (2 * metres * 1000 * _HALF)


def seen(
    pdf: bytes,
    metres: float,
    *,
    across: int = PREVIEW,
    turn: float = 7,
    tilt: float = 25,
    blur: float = 0.7,
    seed: int = 1,
) -> Picture:
    """The first page as a grey picture: turned in its plane and tilted away, in degrees; `blur` in pixels."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=_RENDERED * 25.4 / 72).to_pil().convert("L")
    paper = np.asarray(page)
    scale = pixels_per_mm(metres, across) / _RENDERED
    # Averaged as a sensor does, to twice what it will have; the rest is done with the tilt.
    paper = cv2.resize(paper, None, fx=min(1, 2 * scale), fy=min(1, 2 * scale), interpolation=cv2.INTER_AREA)
    height, width = paper.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    flat = (corners - [width / 2, height / 2]) * (scale / min(1, 2 * scale))
    angle, away = radians(turn), radians(tilt)
    turned = flat @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    # Tilted about the upright axis: narrower, and the far side smaller.
    distance = metres * 1000 * pixels_per_mm(metres, across)
    depth = turned[:, 0] * np.sin(away)
    there = turned * [np.cos(away), 1] * (distance / (distance + depth))[:, None]
    side = int(np.abs(there).max() * 2) + 60
    matrix = cv2.getPerspectiveTransform(corners, (there + side / 2).astype(np.float32))
    picture = cv2.warpPerspective(paper, matrix, (side, side), flags=cv2.INTER_AREA, borderValue=170)
    picture = cv2.GaussianBlur(picture, (0, 0), blur).astype(np.float32)
    noise = np.random.default_rng(seed).normal(0, 5, picture.shape)
    return np.clip(picture * 0.6 + 45 + noise, 0, 255).astype(np.uint8)


def zxing(picture: Picture) -> set[str]:
    """What the first reader reads."""
    return {found.text for found in zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)}


def opencv(picture: Picture) -> set[str]:
    """What the second one reads, which wants larger pictures of small codes."""
    found: set[str] = set()
    for times in (1, 2, 3):
        larger = picture if times == 1 else cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
        try:
            _, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(larger)
        except cv2.error:  # it stumbles over some pictures; a phone would look at the next one
            continue
        found |= {text for text in texts if text}
    return found
