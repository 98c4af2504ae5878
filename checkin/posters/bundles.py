"""How many posters become files: in which order, how many in each, and what each is called."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from checkin.fold import fold

# So many A4 sheets are 1 MB, a bundle of paper, and a few seconds of work.
PER_FILE = 500


@dataclass(frozen=True)
class Bundle:
    """What goes into one file; `title` is the commune's name, empty where the files are not by commune."""

    number: int
    name: str
    title: str
    codes: tuple[str, ...]


def bundles(
    listed: Iterable[tuple[str, str]], form: str, communes: Mapping[str, str] | None = None, per_file: int = PER_FILE
) -> Iterator[Bundle]:
    """Files of (commune, code), in the order given, of at most so many posters each.

    With names of communes each commune begins a file of its own, named after it; the codes of one must stand together.
    """
    number = 0
    for commune, group in groupby(listed, key=lambda pair: pair[0] if communes is not None else ""):
        title = communes.get(commune, commune) if communes is not None else ""
        codes = [code for _, code in group]
        for start in range(0, len(codes), per_file):
            number += 1
            part = f"-{start // per_file + 1}" if title and len(codes) > per_file else ""
            stem = f"{slug(title)}{part}-{form}" if title else form
            yield Bundle(number, f"{number:03d}-{stem}.pdf", title, tuple(codes[start : start + per_file]))


def slug(text: str) -> str:
    """A name for files: small letters without accents, at most 60."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:60] or "x"
