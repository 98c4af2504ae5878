"""A language that nobody speaks, made of a catalogue: every letter of a text is written wide, so that a letter of
the usual width on a page is one that no catalogue has."""

import re
import shutil
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from checkin.i18n import FOLDER, catalogues

# What a message keeps: placeholders, and the address inside a link.
KEPT = re.compile(r"(%\(\w+\)[sd]|%%|<[^>]*>|&\w+;)")
WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"}
NARROW = re.compile("[A-Za-z]")


def wide(text: str) -> str:
    """A text in that language."""
    return "".join(part if KEPT.fullmatch(part) else part.translate(WIDE) for part in KEPT.split(text))


def make(folder: Path, code: str) -> Path:
    """A folder of catalogues, those of the product and one more."""
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    made = Catalog(locale=code)
    for message in catalogues.known("en"):
        if message.id:
            text = message.string
            made.add(message.id, tuple(map(wide, text)) if isinstance(text, (tuple, list)) else wide(text))
    path = folder / code / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, made, width=0)
    return folder
