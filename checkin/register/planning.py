"""What becomes of the rows of one file, held against the venues that there are and against the rows before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from checkin.fold import fold
from checkin.register.rows import Entry
from checkin.register.sameness import Known, Several, better, number_key, same_address, the_same

CREATED, UPDATED, SAME, REJECTED, ASKED = "created", "updated", "same", "rejected", "asked"
OUTCOMES = (CREATED, UPDATED, SAME, REJECTED)
# A mall holds a food court that holds a kiosk; deeper than this nobody builds.
DEEPEST = 5
# What a row may change of a venue.
_TOLD = ("kind", "phone", "opens_at", "closes_at", "plate")


@dataclass(frozen=True, slots=True)
class Held:
    """What a batch of rows is held against: venues in force by register number, and by folded name and commune.

    `numbers` holds every number that is taken, also by venues that the one who asks may not see.
    """

    by_number: Mapping[str, Known]
    by_name: Mapping[tuple[str, str], Sequence[Known]]
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row: the outcome, the venue as it is then, and which of its facts change."""

    outcome: str
    venue: Known | None = None
    before: Known | None = None
    changed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    # The line that spoke of the same venue before.
    line: int | None = None


@dataclass
class Plan:
    """The rows of a file so far. A file speaks of each venue once, so that reading it again changes nothing."""

    new_id: Callable[[], UUID]
    lines: dict[UUID, int] = field(default_factory=dict)
    now: dict[UUID, Known] = field(default_factory=dict)
    numbers: dict[str, UUID] = field(default_factory=dict)
    names: dict[tuple[str, str], list[UUID]] = field(default_factory=dict)
    # Numbers in rows that were refused: no other row makes a venue of them, which the next run would take for theirs.
    claimed: dict[str, int] = field(default_factory=dict)

    def waits(self, entry: Entry, held: Held) -> bool:
        """True where the venue that this one stands inside is not there yet, but may come in a later row."""
        return bool(entry.within) and not self._around(entry, held)

    def decide(self, line: int, entry: Entry, held: Held, parent_of: Callable[[UUID], UUID | None]) -> Decision:
        """What becomes of this row, which is remembered; `parent_of` gives what a venue stands inside."""
        found = self._decide(line, entry, held, parent_of)
        if found.outcome == REJECTED and entry.number:
            self.claimed.setdefault(entry.number, line)
        return found

    def _decide(self, line: int, entry: Entry, held: Held, parent_of: Callable[[UUID], UUID | None]) -> Decision:
        try:
            by_number = self._by_number(entry.number, held)
            if by_number is None and entry.number in held.numbers:
                return Decision(REJECTED, reasons=("number_elsewhere",))
            if by_number is None and entry.number in self.claimed:
                return Decision(REJECTED, reasons=("twice",), line=self.claimed[entry.number])
            named = self._named((fold(entry.name)[:200], entry.commune_id), held)
            found = the_same(entry.number, entry.address, by_number, named, entry.plate)
        except Several:
            return Decision(REJECTED, reasons=("several",))
        parent, notes = self._parent(entry, held, found, parent_of)
        if found is None:
            made = self._new(entry, parent)
            self._remember(line, made)
            return Decision(CREATED, made, notes=notes)
        if found.owned:
            after = replace(found, number=found.number or entry.number)
            notes = ("owned",)
        else:
            after = _after(entry, found, parent)
        if found.id in self.lines:
            # Accents alone are no contradiction.
            other = [name for name in changes(found, after) if not _alike(found, after, name)]
            if other:
                return Decision(REJECTED, reasons=("twice",), line=self.lines[found.id])
            return Decision(SAME, found, line=self.lines[found.id])
        changed = changes(found, after)
        if changed:
            self._remember(line, after)
            return Decision(UPDATED, after, before=found, changed=changed, notes=notes)
        self.lines[found.id] = line
        # Only what is new about the row: that a kind was guessed once is none of its business any more.
        return Decision(SAME, found, notes=tuple(note for note in notes if not note.startswith("kind_")))

    def _by_number(self, number: str, held: Held) -> Known | None:
        if not number:
            return None
        if number in self.numbers:
            return self.now[self.numbers[number]]
        found = held.by_number.get(number)
        return self.now.get(found.id, found) if found is not None else None

    def _named(self, key: tuple[str, str], held: Held) -> list[Known]:
        found = {venue.id: venue for venue in held.by_name.get(key, ())}
        for venue_id in self.names.get(key, ()):
            found[venue_id] = self.now[venue_id]
        # A row before this one may have changed it.
        current = (self.now.get(venue.id, venue) for venue in found.values())
        return [venue for venue in current if venue.name_key == key]

    def _around(self, entry: Entry, held: Held) -> list[Known]:
        by_number = self._by_number(number_key(entry.within), held) if entry.within else None
        if by_number is not None:
            return [by_number]
        return self._named((fold(entry.within)[:200], entry.commune_id), held)

    def _parent(
        self, entry: Entry, held: Held, found: Known | None, parent_of: Callable[[UUID], UUID | None]
    ) -> tuple[UUID | None, tuple[str, ...]]:
        if not entry.within:
            return None, entry.notes
        around = self._around(entry, held)
        if len(around) != 1:
            return None, (*entry.notes, "within_several" if around else "within_unknown")
        current: UUID | None = around[0].id
        for _ in range(DEEPEST):
            if found is not None and current == found.id:
                return None, (*entry.notes, "within_loop")
            if current is None:
                return around[0].id, entry.notes
            current = self.now[current].parent_id if current in self.now else parent_of(current)
        return None, (*entry.notes, "within_loop")

    def _new(self, entry: Entry, parent: UUID | None) -> Known:
        return Known(
            id=self.new_id(),
            number=entry.number,
            name=entry.name,
            kind=entry.kind or entry.guessed_kind,
            address=entry.address,
            commune_id=entry.commune_id,
            phone=entry.phone,
            opens_at=entry.opens_at,
            closes_at=entry.closes_at,
            plate=entry.plate,
            parent_id=parent,
        )

    def _remember(self, line: int, venue: Known) -> None:
        self.lines[venue.id] = line
        self.now[venue.id] = venue
        if venue.number:
            self.numbers[venue.number] = venue.id
        same_name = self.names.setdefault(venue.name_key, [])
        if venue.id not in same_name:
            same_name.append(venue.id)


def changes(before: Known, after: Known) -> tuple[str, ...]:
    """The facts in which two states of a venue differ."""
    names = ("number", "name", "address", "commune_id", *_TOLD, "parent_id")
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def _after(entry: Entry, found: Known, parent: UUID | None) -> Known:
    told = {name: value for name in _TOLD if (value := getattr(entry, name))}
    return replace(
        found,
        number=found.number or entry.number,
        name=better(entry.name, found.name, same=fold(entry.name) == fold(found.name)),
        address=better(entry.address, found.address, same=same_address(entry.address, found.address)),
        commune_id=entry.commune_id,
        parent_id=parent or found.parent_id,
        **told,
    )


def _alike(one: Known, other: Known, name: str) -> bool:
    if name == "address":
        return same_address(one.address, other.address)
    return name == "name" and fold(one.name) == fold(other.name)
