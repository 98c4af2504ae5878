"""All units by the keys that their names are looked up by, and the words of a text cut for it."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

from checkin.fold import fold
from checkin.places.rows import (
    COMMUNE,
    OLD_COMMUNE,
    OLD_DISTRICT,
    OLD_PROVINCE,
    PROVINCE,
    PlaceRow,
    read_communes,
    read_district_successors,
    read_old_communes,
    read_old_districts,
    read_old_provinces,
    read_provinces,
    read_successors,
)

TONES = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
NUMBERED = re.compile(r"([pfq])([0-9]{1,2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """`units` by level and code; `names` by level and key to codes; `heirs` of an older commune (or of a
    district without communes), the main one first; `members`: the older communes of a district."""

    units: dict[str, dict[str, PlaceRow]]
    names: dict[str, dict[str, tuple[str, ...]]]
    heirs: dict[str, tuple[str, ...]]
    members: dict[str, tuple[str, ...]]

    def communes_of(self, district: str) -> tuple[PlaceRow, ...]:
        """The communes of today that hold land of an older district."""
        olds = self.members.get(district, (district,))
        codes = dict.fromkeys(code for old in olds for code in self.heirs.get(old, ()))
        return tuple(self.units[COMMUNE][code] for code in codes)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: its place there, its key, and whether a comma or a dash stands before it."""

    start: int
    end: int
    key: str
    comma: bool
    dash: bool


def key(text: str) -> str:
    """Letters and digits of the folded text, y as i, no leading zeros: what names are found by."""
    plain = fold(text).replace("'", "").replace("’", "")
    parts = re.findall(r"[^\W_]+", plain)
    return "".join((part.lstrip("0") or "0") if part.isdigit() else part.replace("y", "i") for part in parts)


@lru_cache(maxsize=1024)
def accents(text: str) -> str:
    """Small letters, each tone at the end of its word (hòa and hoà are one), no leading zeros."""
    done = []
    for word in WORD.findall(unicodedata.normalize("NFC", text).casefold()):
        parts = unicodedata.normalize("NFD", word.lstrip("0") if word.isdigit() else word)
        done.append(TONES.sub("", parts) + "".join(TONES.findall(parts)))
    return " ".join(done)


def clean(text: str) -> str:
    """The text in NFC without invisible characters, line ends as commas."""
    shown = []
    for char in unicodedata.normalize("NFC", text):
        if char in "\r\n|":
            shown.append(",")
        elif char.isspace():
            shown.append(" ")
        elif unicodedata.category(char) not in ("Cf", "Cc", "Cs"):
            shown.append(char)
    return unicodedata.normalize("NFC", "".join(shown))


def words(text: str) -> list[Word]:
    """The words of a cleaned text in their order; "P5" counts as two."""
    found: list[Word] = []
    last = 0
    for match in WORD.finditer(text):
        gap = text[last : match.start()]
        comma = not found or any(char in gap for char in ",;")
        dash = any(char in gap for char in "-–—(") and " " in gap
        last = match.end()
        if split := NUMBERED.fullmatch(match.group()):
            middle = match.start() + 1
            found.append(Word(match.start(), middle, split[1].lower(), comma, dash))
            found.append(Word(middle, last, key(split[2]), False, False))
        elif found_key := key(match.group()):
            found.append(Word(match.start(), last, found_key, comma, dash))
    return found


@cache
def gazetteer() -> Gazetteer:
    """Read from the files, once per process."""
    units = {
        level: {row.code: row for row in rows}
        for level, rows in (
            (PROVINCE, read_provinces()),
            (COMMUNE, read_communes()),
            (OLD_PROVINCE, read_old_provinces()),
            (OLD_DISTRICT, read_old_districts()),
            (OLD_COMMUNE, read_old_communes()),
        )
    }
    names: dict[str, dict[str, tuple[str, ...]]] = {}
    members: dict[str, tuple[str, ...]] = {}
    for level, rows in units.items():
        table = names[level] = {}
        for row in rows.values():
            for name in dict.fromkeys([key(row.name), *map(key, row.aliases)]):
                table[name] = (*table.get(name, ()), row.code)
            if level == OLD_COMMUNE:
                members[row.parent] = (*members.get(row.parent, ()), row.code)
    heirs: dict[str, tuple[str, ...]] = {}
    for pair in (*read_successors(), *read_district_successors()):
        heirs[pair.old_code] = (*heirs.get(pair.old_code, ()), pair.new_code)
    return Gazetteer(units, names, heirs, members)
