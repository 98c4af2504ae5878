from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit.entry import GENESIS, entry_hash
from checkin.audit.models import AuditEntry

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


def last_link(session: Session) -> tuple[int, bytes]:
    """Number and hash of the newest entry; (0, GENESIS) before the first."""
    row = session.execute(sa.select(AuditEntry.seq, AuditEntry.hash).order_by(AuditEntry.seq.desc()).limit(1)).first()
    return (row.seq, bytes(row.hash)) if row else (0, GENESIS)


def entries(session: Session) -> Iterator[AuditEntry]:
    """Every entry, oldest first, read in blocks."""
    found = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.seq).execution_options(yield_per=1000))
    try:
        yield from found
    finally:
        # Who stops reading half-way leaves no cursor open.
        found.close()


def newest(session: Session, before: int | None, limit: int = 100) -> list[AuditEntry]:
    """A page of entries, newest first, below the entry number `before`."""
    query = sa.select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.seq < max(0, min(before, LARGEST)))
    return list(session.scalars(query))


def broken_link(session: Session) -> int | None:
    """Number of the first entry that does not fit the one before it; None when the chain is whole."""
    previous, expected = GENESIS, 1
    for entry in entries(session):
        fields = {name: getattr(entry, name) for name in FIELDS}
        if (
            entry.seq != expected
            or bytes(entry.previous) != previous
            or bytes(entry.hash) != entry_hash(previous, fields)
        ):
            return expected
        previous, expected = bytes(entry.hash), expected + 1
    return None
