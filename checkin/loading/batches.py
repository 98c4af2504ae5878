"""One process's part of the work: a batch of rows is judged, sealed and stored in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.config import Config
from checkin.db import engine_options, reading
from checkin.loading import queries, rows, service
from checkin.rules import RuleBook
from checkin.vault import Vault
from checkin.visits import service as visits

# What a row may hold in memory on its way; and no check-in waits long for a batch on SQLite.
BATCH = 2000
# What PostgreSQL answers when two transactions wait for each other, or one sees the other too late.
_AGAIN = {"40001", "40P01"}
TRIES = 5


@dataclass(frozen=True)
class Job:
    """What every process needs to know."""

    config: Config
    now: datetime
    preview: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a batch; `refused` are places in the batch with their reasons."""

    created: int
    same: int
    refused: list[tuple[int, tuple[str, ...]]]


class Part:
    """Keeps what repeats from batch to batch: codes, rules, days that have their tables."""

    def __init__(self, job: Job) -> None:
        self.job = job
        config = job.config
        # As the owner of the tables: neither tier's role may write what this writes.
        self.engine = sa.create_engine(config.migrate_url, **engine_options(config, config.migrate_url))
        self.vault = Vault.load(config.keys, config.tier)
        self.terms = rows.Terms(job.now, config.province, cache(RuleBook.load(config.rules).on))
        self.oldest = self.terms.oldest
        self.doors: dict[str, rows.Door] = {}
        self.days: set[date] = set()
        self.seen = queries.Seen() if job.preview else None
        # People are known in the order of their ids, which tell milliseconds.
        self.moment = job.now

    def take(self, batch: Sequence[Sequence[str]]) -> Outcome:
        """Store the rows of a batch (or with a preview count them), cells in the order of files.COLUMNS."""
        self.moment += timedelta(milliseconds=1)
        entries, refused = self._judge(batch)
        for attempt in range(1, TRIES + 1):
            try:
                created = self._preview(entries, self.seen) if self.seen else self._store(entries)
                break
            except sa.exc.OperationalError as error:
                if attempt == TRIES or getattr(error.orig, "sqlstate", "") not in _AGAIN:
                    raise
        return Outcome(created, len(batch) - len(refused) - created, refused)

    def _judge(self, batch: Sequence[Sequence[str]]) -> tuple[list[rows.Entry], list[tuple[int, tuple[str, ...]]]]:
        codes = {rows.code_of(cells[0]) for cells in batch}
        with reading(), Session(self.engine) as session:
            self.doors |= queries.doors(session, sorted(c for c in codes - self.doors.keys() if rows.is_code(c)))
        entries: dict[object, rows.Entry] = {}
        refused = []
        for number, cells in enumerate(batch):
            found = rows.judge(cells, self.doors, self.terms, self.oldest, self.vault)
            if isinstance(found, rows.Entry):
                entries.setdefault(found.id, found)
            else:
                refused.append((number, found))
        return list(entries.values()), refused

    def _fresh(self, entries: list[rows.Entry]) -> list[rows.Entry]:
        with reading(), Session(self.engine) as session:
            there = queries.stored(session, [(entry.entered_at, entry.id) for entry in entries])
        return [entry for entry in entries if entry.id not in there]

    def _preview(self, entries: list[rows.Entry], seen: queries.Seen) -> int:
        return seen.add([entry.id for entry in self._fresh(entries)])

    def _store(self, entries: list[rows.Entry]) -> int:
        fresh = self._fresh(entries)
        if not fresh:
            return 0
        prepared = service.prepare(self.vault, fresh)
        with Session(self.engine) as session:
            for day in sorted({clock.to_local(entry.entered_at).date() for entry in fresh} - self.days):
                visits.open_day(session, day)
                session.commit()
                self.days.add(day)
            created = service.store(session, prepared, now=self.moment)
            session.commit()
        return created

    def close(self) -> None:
        """Let go of connections and of what was kept on the disk."""
        self.engine.dispose()
        if self.seen:
            self.seen.close()
