"""Photos of cards, as a phone takes them: 12 million points, the code a sixth of the width, tilted, turned, noisy."""

import io
from functools import cache

import qrcode
from PIL import Image, ImageFilter

# Number of 15 letters, name and address in hex: three times as much as on a citizen card.
BHYT = "|".join((
    "GD4222200123456", "Nguyễn Thị Ánh Tuyết".encode().hex(), "02/09/1985", "2",
    "Tổ 5, Khu 2, Hồng Hải, Hạ Long, Quảng Ninh".encode().hex(), "22 - 001", "01/01/2026", "-", "10/12/2025",
    "22002212345", "-", "4", "01/01/2030", "1234567890abcdef-1234", "$",
))  # fmt: skip


@cache
def _wall(size: tuple[int, int]) -> Image.Image:
    # Grain that a reader must look through; made small and drawn large, since noise of a whole photo takes a second.
    return Image.effect_noise((size[0] // 8, size[1] // 8), 50).resize(size)


def picture(*texts: str, size=(4000, 3000), part=6, turn=7.0, tilt=0.3, blur=2.0) -> Image.Image:
    """Cards beside one another, each with a code that is a `part` of the photo's width; `blur` in points."""
    photo, side = _wall(size).copy(), size[0] // part
    for number, text in enumerate(texts):
        made = qrcode.make(text.encode(), error_correction=qrcode.ERROR_CORRECT_M).get_image().convert("L")
        # Print is no black and paper no white.
        code = made.resize((side, side), Image.Resampling.BICUBIC).point(lambda value: 40 + value * 180 // 255)
        card = Image.new("L", (side * 2, side * 4 // 3), 225)
        card.paste(code, (card.width - side - side // 8, side // 8))
        width, height = card.size
        # One side is farther away and so smaller, as where the phone is not held straight.
        away = (1 + tilt, 0, 0, tilt * height / width / 2, 1 + tilt, -tilt * height / 2, tilt / width, 0)
        card = card.transform(card.size, Image.Transform.PERSPECTIVE, away, Image.Resampling.BICUBIC, fillcolor=130)
        card = card.rotate(turn, expand=True, fillcolor=130, resample=Image.Resampling.BICUBIC)
        photo.paste(card, (side // 4 + number * side * 8 // 3, side // 2))
    return photo.filter(ImageFilter.GaussianBlur(blur)) if blur else photo


def jpeg(photo: Image.Image, quality=80, **more) -> bytes:
    """The file that a phone makes of it."""
    made = io.BytesIO()
    photo.convert("RGB").save(made, "JPEG", quality=quality, **more)
    return made.getvalue()
