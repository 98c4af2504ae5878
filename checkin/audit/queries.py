from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit.entry import GENESIS, entry_hash
from checkin.audit.models import AuditEntry, Finding, FindingEntry
from checkin.db import has_scope, is_postgresql
from checkin.scope import SUMS, rows

# The column's largest number: an address may hold any.
LARGEST = 2**63 - 1
FIELDS = (
    "seq",
    "at",
    "actor_id",
    "actor",
    "role",
    "action",
    "subject",
    "case_number",
    "reason",
    "rows",
    "detail",
)
# Entries read, and hashes asked for, at a time.
BLOCK, CHUNK = 5000, 500


def last_link(session: Session) -> tuple[int, bytes]:
    """Number and hash of the newest entry; (0, GENESIS) before the first."""
    if is_postgresql(session) and has_scope(session):
        # A function of the tables' owner: of the staff most may append and not read. Commands, which may also
        # meet a database of before there was one, read for themselves.
        row = session.execute(sa.text("SELECT seq, hash FROM audit_last()")).first()
    else:
        last = sa.select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)
        row = session.execute(last, execution_options=SUMS).first()
    return (row.seq, bytes(row.hash)) if row else (0, GENESIS)


def takes_in(session: Session) -> bool:
    """True where the database has the function that locks the chain; not before migration 0013."""
    return bool(session.scalar(sa.text("SELECT to_regprocedure('public.audit_lock()') IS NOT NULL")))


def entries(session: Session, first: int = 0, last: int = LARGEST) -> Iterator[sa.Row[Any]]:
    """Every entry from one number to another, oldest first, read in blocks."""
    table = AuditEntry.__table__
    query = sa.select(table).where(table.c.seq.between(first, last)).order_by(table.c.seq)
    found = session.execute(query.execution_options(yield_per=BLOCK))
    try:
        yield from found
    finally:
        # Who stops reading half-way leaves no cursor open.
        found.close()


def newest(session: Session, before: int | None, limit: int = 100) -> list[AuditEntry]:
    """A page of entries, newest first, below the entry number `before`."""
    return page(session, Asked(), before, limit)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a page of the log is narrowed to; `start` and `end` in UTC, `actions` by their first words."""

    who: str = ""
    # Whose login has these words, beside the name that an entry shows.
    accounts: frozenset[UUID] = frozenset()
    actions: tuple[str, ...] = ()
    case_number: str = ""
    start: datetime | None = None
    end: datetime | None = None
    refused: bool = False
    unusual: bool = False
    finding: UUID | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The same for a query."""
        found: list[sa.ColumnElement[bool]] = []
        if self.who:
            named = AuditEntry.actor.icontains(self.who, autoescape=True)
            found.append(sa.or_(named, AuditEntry.actor_id.in_(self.accounts)) if self.accounts else named)
        if self.actions:
            found.append(sa.or_(*(_begins(action) for action in self.actions)))
        if self.case_number:
            found.append(AuditEntry.case_number == self.case_number)
        if self.start is not None:
            found.append(AuditEntry.at >= self.start)
        if self.end is not None:
            found.append(AuditEntry.at < self.end)
        if self.refused:
            found.append(sa.or_(AuditEntry.action == "refused", AuditEntry.action.endswith(".refused")))
        if self.unusual or self.finding:
            evidence = sa.select(FindingEntry.seq)
            found.append(
                AuditEntry.seq.in_(
                    evidence.where(FindingEntry.finding_id == self.finding) if self.finding else evidence
                )
            )
        return found


def _begins(action: str) -> sa.ColumnElement[bool]:
    return sa.or_(AuditEntry.action == action, AuditEntry.action.startswith(f"{action}.", autoescape=True))


def page(session: Session, asked: Asked, before: int | None, limit: int) -> list[AuditEntry]:
    """A page of what was asked for, newest first, below the entry number `before`."""
    query = (
        sa.select(AuditEntry)
        .where(rows(session, AuditEntry), *asked.conditions())
        .order_by(AuditEntry.seq.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(AuditEntry.seq < max(0, min(before, LARGEST)))
    return list(session.scalars(query))


def broken_link(session: Session) -> int | None:
    """Number of the first entry that does not fit the one before it; None when the chain is whole."""
    previous, expected = GENESIS, 1
    found = entries(session)
    try:
        for entry in found:
            # In the order of the table's columns: by number, which is faster than by name.
            values, (before, own) = entry[: len(FIELDS)], entry[len(FIELDS) :]
            if values[0] != expected or bytes(before) != previous:
                return expected
            if bytes(own) != _hashed(previous, values):
                return expected
            previous, expected = bytes(own), expected + 1
    finally:
        found.close()  # type: ignore[attr-defined]
    return None


def _hashed(previous: bytes, values: Sequence[Any]) -> bytes | None:
    """The hash of an entry; None for one that cannot have been made by us."""
    try:
        return entry_hash(previous, dict(zip(FIELDS, values, strict=True)))
    except (ValueError, TypeError, RecursionError):
        return None


def span(session: Session, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    """First and last number of the entries of [start, end); (0, 0) where there are none."""
    asked = Asked(start=start, end=end)
    row = session.execute(
        sa.select(sa.func.min(AuditEntry.seq), sa.func.max(AuditEntry.seq)).where(*asked.conditions())
    ).one()
    return (row[0] or 0, row[1] or 0)


def fields_of(session: Session, first: int, last: int) -> Iterator[tuple[dict[str, Any], bytes, bytes]]:
    """(fields, former hash, hash) of these entries, oldest first."""
    for entry in entries(session, first, last):
        before, own = entry[len(FIELDS) :]
        yield dict(zip(FIELDS, entry[: len(FIELDS)], strict=True)), bytes(before), bytes(own)


def hashes_at(session: Session, seqs: Sequence[int]) -> dict[int, bytes]:
    """The hashes of these entries, of those that are there."""
    found: dict[int, bytes] = {}
    for start in range(0, len(seqs), CHUNK):
        chunk = [seq for seq in seqs[start : start + CHUNK] if seq <= LARGEST]
        links = session.execute(sa.select(AuditEntry.seq, AuditEntry.hash).where(AuditEntry.seq.in_(chunk)))
        found |= {seq: bytes(value) for seq, value in links}
    return found


def anything_since(session: Session, seq: int) -> bool:
    """True where something happened after this entry, besides notes of seals."""
    later = sa.select(AuditEntry.seq).where(AuditEntry.seq > seq, AuditEntry.action != "audit.seal").limit(1)
    return session.scalar(later) is not None


def seals_noted(session: Session) -> list[tuple[int, int, str]]:
    """(entry, number of the seal, hash of its line) of every seal that the log knows."""
    noted = session.execute(
        sa.select(AuditEntry.seq, AuditEntry.subject, AuditEntry.detail)
        .where(AuditEntry.action == "audit.seal")
        .order_by(AuditEntry.seq)
    )
    # Whoever wrote behind our back may have left anything there: it is then no line of ours.
    return [
        (seq, int(number) if number.isdecimal() else 0, str(detail.get("line")) if isinstance(detail, dict) else "")
        for seq, number, detail in ((seq, subject.rpartition(" ")[2], detail) for seq, subject, detail in noted)
    ]


def used_since(session: Session, start: datetime, actions: Sequence[str]) -> list[sa.Row[Any]]:
    """What the rules of unusual use look at, oldest first: entries of accounts whose action begins like these."""
    return list(
        session.execute(
            sa.select(
                AuditEntry.seq,
                AuditEntry.at,
                AuditEntry.actor_id,
                AuditEntry.actor,
                AuditEntry.action,
                AuditEntry.subject,
                AuditEntry.case_number,
                AuditEntry.rows,
                AuditEntry.detail,
            )
            .where(AuditEntry.at >= start, sa.or_(*(_begins(action) for action in actions)))
            .order_by(AuditEntry.seq)
        )
    )


def findings(session: Session, *, seen: bool, limit: int) -> list[Finding]:
    """Findings that nobody has seen yet, or those that were; newest first."""
    state = Finding.seen_at.is_not(None) if seen else Finding.seen_at.is_(None)
    return list(session.scalars(sa.select(Finding).where(state).order_by(Finding.at.desc(), Finding.key).limit(limit)))


def by_keys(session: Session, keys: Sequence[str]) -> dict[str, Finding]:
    """The findings that are kept already, by key."""
    found: dict[str, Finding] = {}
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        found |= {one.key: one for one in session.scalars(sa.select(Finding).where(Finding.key.in_(chunk)))}
    return found


def evidence(session: Session, finding_ids: Sequence[UUID]) -> dict[UUID, list[int]]:
    """The entries that bear these findings out, by finding, oldest first."""
    found: dict[UUID, list[int]] = {}
    found_rows = session.execute(
        sa.select(FindingEntry.finding_id, FindingEntry.seq)
        .where(FindingEntry.finding_id.in_(finding_ids))
        .order_by(FindingEntry.seq)
    )
    for finding_id, seq in found_rows:
        found.setdefault(finding_id, []).append(seq)
    return found


def unseen(session: Session) -> int:
    """How many findings nobody has seen yet."""
    return session.scalar(sa.select(sa.func.count()).select_from(Finding).where(Finding.seen_at.is_(None))) or 0
