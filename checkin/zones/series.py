"""Names of many zones from what somebody types in one go: one a line, or with numbers that run from one to another."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from checkin.fold import ascii_digits
from checkin.names import clean_name

LONGEST = 100
# One end of what runs: a stem, then its number or letter: "40", "6A8", "B1".
_END = re.compile(r"(?P<stem>\S*?)(?P<count>[0-9]{1,6}|[A-Za-z])")
_DASH = re.compile(r"\s*[-–—]\s*")
_SHORT = re.compile(r"\S*[0-9]\S*|[A-Za-zĐđ]")


class TooMany(ValueError):
    """More names than are taken at once."""


@dataclass(frozen=True)
class Run:
    """Names that differ in a number or a letter."""

    before: str
    stem: str
    first: str
    last: str
    after: str

    def __len__(self) -> int:
        return self._number(self.last) - self._number(self.first) + 1

    def __iter__(self) -> Iterator[str]:
        for number in range(self._number(self.first), self._number(self.last) + 1):
            # "01" to "12" keeps its noughts.
            text = f"{number:0{len(self.first)}d}" if self.first.isdigit() else chr(number)
            yield f"{self.before}{self.stem}{text}{self.after}"

    @staticmethod
    def _number(text: str) -> int:
        return int(text) if text.isdigit() else ord(text)


def names(text: str, most: int) -> list[str]:
    """The names that a text stands for, in its order, each cleaned; those that come twice come twice.

    A line is a name, or several with commas between. Numbers run: "Bàn 1-40", "Lớp 6A1-6A8", "Tầng B1, 1-5" (what
    is as short as a number takes over the words before the first of its line). What does not run is a name as it
    stands: "Khu A1-B2". Raises TooMany where there are more than `most`, before they are made.
    """
    found: list[str] = []
    for line in re.split(r"[\r\n]+", text):
        shared: str | None = None
        for item in re.split(r"[,;]", line):
            item = clean_name(item)
            if not item:
                continue
            if shared and _is_short(item):
                item = shared + item
            elif shared is None:
                shared = _before(item)
            run = _run(item)
            if len(found) + (len(run) if run else 1) > most:
                raise TooMany
            found += [clean_name(name) for name in run] if run else [item]
    return found


def key(name: str) -> str:
    """By which two names are one: accents tell them apart, capitals and spaces do not."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def problem(name: str) -> str:
    """What is wrong with a name: 'long', 'empty' (no letter or digit); empty where nothing is."""
    if len(name) > LONGEST:
        return "long"
    return "" if any(char.isalnum() for char in name) else "empty"


def _run(item: str) -> Run | None:
    """The first thing in a name that runs: "1-40", "6A1 - 6A8", "B1-5", "A-D"; None where nothing does."""
    plain = ascii_digits(item)
    if len(item) > 2 * LONGEST or len(plain) != len(item):
        return None
    for dash in _DASH.finditer(plain):
        start = plain.rfind(" ", 0, dash.start()) + 1
        end = (plain.find(" ", dash.end()) + 1 or len(plain) + 1) - 1
        low, high = _END.fullmatch(plain, start, dash.start()), _END.fullmatch(plain, dash.end(), end)
        if low and high and _belong(low, high):
            return Run(item[:start], low["stem"], low["count"], high["count"], item[end:])
    return None


def _belong(low: re.Match[str], high: re.Match[str]) -> bool:
    """True where the second end goes on from the first one: upwards, under the same stem or without saying it again."""
    first, last = low["count"], high["count"]
    if high["stem"].casefold() not in ("", low["stem"].casefold()):
        return False
    if first.isdigit() and last.isdigit():
        return int(first) < int(last)
    # Letters run by themselves or after a number; the end of a word does not.
    alone = not low["stem"] or low["stem"][-1].isdigit()
    return alone and first.isupper() == last.isupper() and first.isalpha() and last.isalpha() and first < last


def _is_short(item: str) -> bool:
    run = _run(item)
    return bool(_SHORT.fullmatch(item) or run and not run.before and not run.after)


def _before(item: str) -> str:
    """The words before what runs, or before a last word as short as a number; empty where a name stands for itself."""
    run = _run(item)
    if run:
        return run.before
    words, _, last = item.rpartition(" ")
    return f"{words} " if words and _SHORT.fullmatch(last) else ""
