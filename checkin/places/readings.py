"""All the ways to read an address line, each with points for what it explains and how well it fits."""

from collections.abc import Iterator
from dataclasses import dataclass

from checkin.places.gazetteer import Gazetteer, Word, accents, key, words
from checkin.places.rows import COMMUNE, OLD_COMMUNE, OLD_DISTRICT, OLD_PROVINCE, PROVINCE, PlaceRow

LONGEST_NAME = 6

KINDS: dict[str, dict[str, str]] = {
    PROVINCE: {"tinh": "tỉnh", "t": "tỉnh", "thanhpho": "thành phố", "tp": "thành phố", "thudo": "thành phố"},
    OLD_DISTRICT: {
        "quan": "quận", "q": "quận", "huien": "huyện", "h": "huyện", "thixa": "thị xã", "tx": "thị xã",
        "thanhpho": "thành phố", "tp": "thành phố",
    },
    COMMUNE: {
        "phuong": "phường", "p": "phường", "f": "phường", "xa": "xã", "x": "xã", "thitran": "thị trấn",
        "tt": "thị trấn", "dackhu": "đặc khu", "dk": "đặc khu",
    },
}  # fmt: skip
KINDS[OLD_PROVINCE], KINDS[OLD_COMMUNE] = KINDS[PROVINCE], KINDS[COMMUNE]
ALL_KINDS = {word for kinds in KINDS.values() for word in kinds}
COUNTRY = ("vietnam", "vn")

# What a reading gains by each unit it explains, and by how well the unit fits what was written.
HAS_PROVINCE, HAS_DISTRICT, HAS_COMMUNE = 40, 25, 30
SAME_ACCENTS, OTHER_ACCENTS, SAME_KIND, OTHER_KIND = 4, -6, 5, -4
EARLIER_NAME, MID_SEGMENT, NO_DISTRICT, SKIPPED, HOME = -3, -8, -6, -20, 10


@dataclass(frozen=True, slots=True)
class Hit:
    """A unit's name in the text: the word it begins with (its kind included), the unit, how well it fits."""

    first: int
    row: PlaceRow
    score: int
    clean: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand the whole address."""

    first: int
    score: int
    clean: bool
    province: PlaceRow | None = None
    communes: tuple[PlaceRow, ...] = ()
    old_commune: PlaceRow | None = None
    old_district: PlaceRow | None = None


class Address:
    """A text cut into words, and all the ways to read it."""

    def __init__(self, text: str, home: str | None, units: Gazetteer) -> None:
        self.text = text
        self.words: list[Word] = words(text)
        self.home = home
        self.units = units
        self.commas = any(word.comma for word in self.words[1:])

    def fit(self, row: PlaceRow, name: str, written: str, kind: str) -> tuple[int, bool]:
        """How well a unit fits what was written for it: points, and whether nothing speaks against it."""
        score, clean_fit = 0, True
        if key(row.name) != name:
            score += EARLIER_NAME
        elif accents(row.name) == accents(written):
            score += SAME_ACCENTS
        elif not written.isascii():
            score, clean_fit = OTHER_ACCENTS, False
        if kind:
            score += SAME_KIND if kind == row.kind else OTHER_KIND
        return score, clean_fit

    def kind_before(self, start: int, level: str) -> tuple[int, str] | None:
        """Where the name begins with its kind, and the kind if told; None if another level's kind is told."""
        if start == 0 or self.words[start].comma:
            return start, ""
        one = self.words[start - 1].key
        two = self.words[start - 2].key + one if start > 1 and not self.words[start - 1].comma else ""
        for told, size in ((two, 2), (one, 1)):
            if told in KINDS[level]:
                return start - size, KINDS[level][told]
            if told in ALL_KINDS:
                return None
        return start, ""

    def hits(self, end: int, level: str) -> Iterator[Hit]:
        """Units of the level whose name ends just before word `end`."""
        name = ""
        for start in range(end - 1, max(-1, end - 1 - LONGEST_NAME), -1):
            name = self.words[start].key + name
            if codes := self.units.names[level].get(name):
                yield from self.hits_of(start, end, level, name, codes)
            if self.words[start].comma:
                return

    def hits_of(self, start: int, end: int, level: str, name: str, codes: tuple[str, ...]) -> Iterator[Hit]:
        before = self.kind_before(start, level)
        if before is None:
            return
        first, kind = before
        whole = bool(kind) or self.words[first].comma or self.words[first].dash
        # "Đường Trần Phú, Hạ Long" is a street in Hạ Long, "12" a house unless a kind is told.
        if (not whole and self.commas) or (name.isdigit() and not kind):
            return
        written = self.text[self.words[start].start : self.words[end - 1].end]
        for code in codes:
            row = self.units.units[level][code]
            score, clean_fit = self.fit(row, name, written, kind)
            score += end - start + (0 if whole else MID_SEGMENT)
            yield Hit(first, row, score, clean_fit and whole)

    def readings(self) -> Iterator[Reading]:
        end = len(self.words)
        for size in (1, 2):
            if end > size and "".join(word.key for word in self.words[end - size :]) in COUNTRY:
                end -= size
                break
        found = False
        for level in (PROVINCE, OLD_PROVINCE):
            for hit in self.hits(end, level):
                told = self.units.units[PROVINCE][hit.row.code if level == PROVINCE else hit.row.parent]
                yield Reading(hit.first, HAS_PROVINCE + hit.score, hit.clean, told)
                for reading in self.within(hit, told):
                    found = True
                    yield reading
        if not found:
            for reading in self.below(end, None, None):
                if reading.communes[0].parent == self.home:
                    score = reading.score + HOME
                    yield Reading(
                        reading.first, score, False, None, reading.communes,
                        reading.old_commune, reading.old_district,
                    )  # fmt: skip
                else:
                    yield reading

    def within(self, hit: Hit, told: PlaceRow) -> Iterator[Reading]:
        """Readings of what stands before a province."""
        old = hit.row if hit.row.level == OLD_PROVINCE else None
        end, skipped = hit.first, 0
        for _ in range(2):
            found = False
            for reading in self.below(end, told, old):
                found = True
                yield Reading(
                    reading.first, HAS_PROVINCE + hit.score + reading.score + skipped,
                    hit.clean and reading.clean and not skipped, told,
                    reading.communes, reading.old_commune, reading.old_district,
                )  # fmt: skip
            if found or end == 0:
                return
            # An unknown district, or a landmark, may stand between the commune and the province.
            skipped = SKIPPED
            end -= 1
            while end > 0 and not self.words[end].comma:
                end -= 1

    def below(self, end: int, told: PlaceRow | None, old: PlaceRow | None) -> Iterator[Reading]:
        """Communes and districts, older and of today, that end before word `end`, in the province if told."""
        units = self.units.units
        for hit in self.hits(end, COMMUNE):
            if told is None or hit.row.parent == told.code:
                yield Reading(hit.first, HAS_COMMUNE + hit.score, hit.clean, communes=(hit.row,))
        for hit in self.hits(end, OLD_COMMUNE):
            district = units[OLD_DISTRICT][hit.row.parent]
            if self.belongs(district, told, old):
                score = HAS_COMMUNE + hit.score + NO_DISTRICT
                yield Reading(hit.first, score, hit.clean, None, self.heirs(hit.row), hit.row, district)
        for hit in self.hits(end, OLD_DISTRICT):
            if not self.belongs(hit.row, told, old):
                continue
            score = HAS_DISTRICT + hit.score
            new = self.units.communes_of(hit.row.code)
            yield Reading(hit.first, score, hit.clean, None, new, None, hit.row)
            for part in self.hits(hit.first, OLD_COMMUNE):
                if part.row.parent == hit.row.code:
                    total, fine = score + HAS_COMMUNE + part.score, hit.clean and part.clean
                    heirs = self.heirs(part.row)
                    yield Reading(part.first, total, fine, None, heirs, part.row, hit.row)
            for part in self.hits(hit.first, COMMUNE):
                if part.row in new:
                    total, fine = score + HAS_COMMUNE + part.score + OTHER_KIND, hit.clean and part.clean
                    yield Reading(part.first, total, fine, None, (part.row,), None, hit.row)

    def belongs(self, district: PlaceRow, told: PlaceRow | None, old: PlaceRow | None) -> bool:
        if old is not None:
            return district.parent == old.code
        return told is None or self.units.units[OLD_PROVINCE][district.parent].parent == told.code

    def heirs(self, old: PlaceRow) -> tuple[PlaceRow, ...]:
        return tuple(self.units.units[COMMUNE][code] for code in self.units.heirs.get(old.code, ()))
