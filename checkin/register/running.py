"""A register from its first row to its last: every row is judged, then held against the venues, a batch at a time."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from checkin.fold import fold
from checkin.register.planning import ASKED, DEEPEST, OUTCOMES, REJECTED, Decision, Held, Plan
from checkin.register.rows import Asked, Entry, Refused, Terms, judge
from checkin.register.sameness import number_key
from checkin.register.tables import Row, Table

BATCH = 500
# Why a row was not come to.
STOPPED = "stopped"


class Step(Protocol):
    """What rows are held against, and what is done with a batch of decisions: nothing in a preview."""

    def batch(self) -> AbstractContextManager[None]:
        """The transaction of a batch."""

    def held(self, entries: Sequence[Entry]) -> Held:
        """The venues that could be meant."""

    def parent_of(self, venue_id: UUID) -> UUID | None:
        """What a venue stands inside."""

    def done(self, decisions: Sequence[Decision]) -> None:
        """Take note of what becomes of a batch."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a row. `told` are its cells in the order of columns.FIELDS."""

    row: Row
    outcome: str
    told: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    line: int | None = None
    commune_id: str = ""
    asked: Asked | None = None


@dataclass
class Findings:
    """What became of all rows, in their order."""

    results: list[Result] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by outcome, those that wait for a choice apart: the five together are all rows."""
        found = Counter(result.outcome for result in self.results)
        return {name: found[name] for name in (*OUTCOMES, ASKED)}

    @property
    def noted(self) -> int:
        """Rows of which something was left out or guessed."""
        return sum(bool(result.notes) for result in self.results)

    @property
    def stopped(self) -> int:
        """Rows that were not come to, since it was stopped."""
        return sum(result.reasons == (STOPPED,) for result in self.results)

    def questions(self) -> dict[str, tuple[Asked, int]]:
        """Doubtful names of communes, each with how many rows have it, the most first."""
        counted = Counter(result.asked.question for result in self.results if result.asked)
        first = {result.asked.question: result.asked for result in reversed(self.results) if result.asked}
        return {question: (first[question], count) for question, count in counted.most_common()}


def summed(counts: dict[str, int]) -> dict[str, int]:
    """The counts as a command says them: rows that nobody chose a commune for are rejected."""
    said = {name: counts[name] for name in OUTCOMES}
    said[REJECTED] += counts[ASKED]
    return {"rows": sum(said.values()), **said}


def run(
    table: Table,
    terms: Terms,
    step: Step,
    *,
    new_id: Callable[[], UUID],
    progress: Callable[[int], None],
    stop: Callable[[], bool] = lambda: False,
) -> Findings:
    """Judge and decide every row of a file; `progress` is told how many are done.

    `stop` is asked before each batch: once it is True, the rows that are left are rejected as "stopped".
    """
    found: list[Result | None] = []
    entries: list[tuple[int, Entry]] = []
    has_commune = table.header.has("commune")
    for at, row in enumerate(table.rows):
        told = tuple(row.told(table.header))
        judged = Refused((row.fault,)) if row.fault else judge(told, terms, has_commune=has_commune)
        if isinstance(judged, Entry):
            entries.append((at, judged))
            found.append(None)
        elif isinstance(judged, Asked):
            found.append(Result(row, ASKED, told, ("commune_several",), asked=judged))
        else:
            found.append(Result(row, REJECTED, told, judged.reasons))
    # A number decides more than a name: rows that have one come first, so that the next run meets what this one met.
    entries.sort(key=lambda one: not one[1].number)
    plan, done = Plan(new_id), len(found) - len(entries)
    progress(done)
    stopped = False
    # A kiosk may stand above its market in the file: it waits until the market is there.
    for last in [False] * (DEEPEST + 1) + [True]:
        waiting: list[tuple[int, Entry]] = []
        for start in range(0, len(entries), BATCH):
            if stopped := stopped or stop():
                break
            block = entries[start : start + BATCH]
            with step.batch():
                held = step.held([entry for _, entry in block])
                decisions = []
                for at, entry in block:
                    if not last and plan.waits(entry, held):
                        waiting.append((at, entry))
                        continue
                    row = table.rows[at]
                    decision = plan.decide(row.line, entry, held, step.parent_of)
                    decisions.append(decision)
                    found[at] = Result(
                        row, decision.outcome, tuple(row.told(table.header)), decision.reasons, decision.notes,
                        decision.changed, decision.line, entry.commune_id,
                    )  # fmt: skip
                step.done(decisions)
            done += len(decisions)
            progress(done)
        entries = waiting
        if stopped or not entries:
            break
    for at, row in enumerate(table.rows if stopped else ()):
        if found[at] is None:
            found[at] = Result(row, REJECTED, tuple(row.told(table.header)), (STOPPED,))
    return Findings([result for result in found if result is not None])


def asked_for(entries: Sequence[Entry]) -> tuple[set[str], set[tuple[str, str]]]:
    """The register numbers, and the folded names with their communes, that these rows speak of."""
    numbers = {entry.number for entry in entries} | {number_key(entry.within) for entry in entries if entry.within}
    names = {(fold(entry.name)[:200], entry.commune_id) for entry in entries}
    names |= {(fold(entry.within)[:200], entry.commune_id) for entry in entries if entry.within}
    return numbers - {""}, names
