"""A file from its first row to its last: rows go out to the processes, what came of them is counted."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from checkin.csvlines import Line
from checkin.loading.batches import BATCH, Job, Outcome
from checkin.loading.files import COLUMNS, Sheet, records
from checkin.loading.refusals import Refusals
from checkin.loading.rows import year_of
from checkin.loading.workers import Alone, Pool

EXAMPLES = 3
_YEAR = COLUMNS.index("birth_year")


@dataclass
class Totals:
    """What came of the rows so far: rows = created + same + rejected, once all is done."""

    rows: int = 0
    created: int = 0
    same: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    # The first lines of each reason: numbers alone, since a terminal is read over the shoulder.
    examples: dict[str, list[int]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """The four sums."""
        return {"rows": self.rows, "created": self.created, "same": self.same, "rejected": self.rejected}


def load(
    sheet: Sheet,
    job: Job,
    *,
    processes: int,
    totals: Totals,
    refusals: Refusals,
    progress: Callable[[int], None],
    batch: int = BATCH,
) -> None:
    """Load every row. `progress` is told the line after each batch; `totals` is right also when it stops.

    Raises workers.Stopped.
    """
    processes = max(1, min(processes, sheet.lines // batch))
    pool = Pool(job, processes) if processes > 1 else Alone(job)
    # What a process has in hand, until its answer comes.
    sent: list[deque[list[Line]]] = [deque() for _ in range(processes)]
    gathered: list[list[Line]] = [[] for _ in range(processes)]

    def refuse(line: Line, reasons: tuple[str, ...]) -> None:
        totals.rejected += 1
        for reason in reasons:
            totals.reasons[reason] += 1
            examples = totals.examples.setdefault(reason, [])
            if len(examples) < EXAMPLES:
                examples.append(line.number)
        refusals.add(line.number, reasons, line.cells)

    def count(answers: Iterator[tuple[int, Outcome]]) -> None:
        for number, outcome in answers:
            lines = sent[number].popleft()
            totals.rows += len(lines)
            totals.created += outcome.created
            totals.same += outcome.same
            for place, reasons in outcome.refused:
                refuse(lines[place], reasons)
            progress(lines[-1].number)

    def hand_out(number: int) -> None:
        lines, gathered[number] = gathered[number], []
        sent[number].append(lines)
        count(pool.give(number, [[line.cells[place] for place in sheet.places] for line in lines]))

    try:
        for line in records(sheet):
            if line.fault:
                totals.rows += 1
                refuse(line, (line.fault,))
                continue
            # One person's rows, who share the year of birth, go to one process: two at once would both make
            # that person, and each wait for the other.
            number = (year_of(line.cells[sheet.places[_YEAR]]) or 0) % processes
            gathered[number].append(line)
            if len(gathered[number]) >= batch:
                hand_out(number)
        for number in range(processes):
            if gathered[number]:
                hand_out(number)
        count(pool.rest())
    finally:
        pool.close()
