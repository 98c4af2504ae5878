"""How long photos take to read, and how much room: `python -m tests.people.photo_cost`.

A line each: name, middle and longest of nine rounds (or as many as are said) in ms of a processor, MB that the process grew by at the most.
"""
# ruff: noqa: T201

import io
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from checkin.people.cardphoto import PhotoError, read_photo
from tests import cast
from tests.people.photos import BHYT, jpeg, picture


def saved(photo: Image.Image, kind: str, **more: object) -> bytes:
    """The bytes of a file of that kind."""
    made = io.BytesIO()
    photo.save(made, kind, **more)
    return made.getvalue()


def grain(width: int, height: int) -> Image.Image:
    """A picture of noise alone, which takes the longest to unpack and to look through."""
    return Image.frombytes("RGB", (width, height), random.Random(1).randbytes(width * height * 3))


def photos() -> Iterator[tuple[str, bytes]]:
    """What is sent: ordinary photos, then what is made to take long."""
    yield "citizen card, 12 MP", jpeg(picture(cast.CCCD))
    yield "insurance card, 12 MP", jpeg(picture(BHYT))
    yield "out of focus, 12 MP", jpeg(picture(cast.CCCD, blur=12))
    yield "no code, 12 MP", jpeg(picture())
    yield "citizen card, 48 MP", jpeg(picture(cast.CCCD, size=(8000, 6000), blur=4))
    yield "grain, 20 MP", jpeg(grain(5200, 3900), 35)
    yield "grain, 5 MP, progressive", jpeg(grain(2580, 1930), 70, progressive=True)
    yield "grain, 5 MP, WebP", saved(grain(2580, 1930), "WEBP", quality=70)
    yield "grain, 4 MP, PNG", saved(grain(2300, 1750), "PNG", compress_level=1)
    yield "blank, 5 MP, PNG of few colours", saved(Image.new("P", (2580, 1930)), "PNG", transparency=0)


def measure(rounds: int) -> None:
    """Read the photo of the standard input so often, and say what it took."""
    data, times = sys.stdin.buffer.read(), []
    read_photo(jpeg(picture(size=(40, 30))))
    Path("/proc/self/clear_refs").write_text("5")  # from here on the most that it takes
    before = _most()
    for _ in range(rounds):
        start = time.process_time()
        try:
            read_photo(data)
        except PhotoError as error:
            sys.exit(f"refused: {error.reason}")
        times.append((time.process_time() - start) * 1000)
    print(f"{statistics.median(times):.0f}\t{max(times):.0f}\t{_most() - before:.0f}")


def _most() -> float:
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def main(rounds: int = 9) -> None:
    """Each photo in a process of its own."""
    for name, data in photos():
        command = [sys.executable, "-m", "tests.people.photo_cost", "-", str(rounds)]
        found = subprocess.run(command, input=data, capture_output=True, check=True)
        print(f"{name} ({len(data) / 1e6:.1f} MB)\t{found.stdout.decode().strip()}", flush=True)


if __name__ == "__main__":
    measure(int(sys.argv[2])) if sys.argv[1:2] == ["-"] else main(*map(int, sys.argv[1:]))
