import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import UtcDateTime, is_postgresql
from checkin.loading.rows import Door
from checkin.venues.models import Code, Venue, Zone
from checkin.visits.models import Visit

BLOCK = 400

# One look-up by the key for each row, whatever the planner thinks of a join with a table of 42 million.
_STORED = sa.text(
    "SELECT w.id FROM unnest(CAST(:ids AS uuid[]), CAST(:moments AS timestamptz[])) AS w (id, entered_at), "
    "LATERAL (SELECT 1 FROM visit v WHERE v.entered_at = w.entered_at AND v.id = w.id LIMIT 1) AS there"
)


def doors(session: Session, codes: Iterable[str]) -> dict[str, Door]:
    """What these codes stood for, revoked ones too; a code that was never issued is left out."""
    wanted = list(codes)
    found: dict[str, Door] = {}
    for start in range(0, len(wanted), BLOCK):
        rows = session.execute(
            sa.select(
                Code.code,
                Code.venue_id,
                Code.zone_id,
                Venue.kind,
                sa.func.coalesce(Zone.default_minutes, Venue.default_minutes),
                Venue.closes_at,
                Code.issued_at,
                Code.revoked_at,
            )
            .join(Venue, Code.venue_id == Venue.id)
            .outerjoin(Zone, Code.zone_id == Zone.id)
            .where(Code.code.in_(wanted[start : start + BLOCK]))
        )
        found |= {row.code: Door(*row[1:]) for row in rows}
    return found


def stored(session: Session, keys: Sequence[tuple[datetime, UUID]]) -> set[UUID]:
    """Which of these visits, by the time of entry and id, are there."""
    if not keys:
        return set()
    if is_postgresql(session):
        rows = session.scalars(_STORED, {"ids": [key[1] for key in keys], "moments": [key[0] for key in keys]})
        return set(rows)
    found: set[UUID] = set()
    for start in range(0, len(keys), BLOCK):
        # Joined, since SQLite reads the whole table where a pair stands in a list of pairs.
        block = list(keys[start : start + BLOCK])
        w = sa.values(sa.column("moment", UtcDateTime), sa.column("id", sa.Uuid), name="w").data(block).cte()
        found |= set(
            session.scalars(sa.select(w.c.id).join(Visit, (Visit.entered_at == w.c.moment) & (Visit.id == w.c.id)))
        )
    return found


class Seen:
    """The visits that a preview met, kept on the disk: a file may have more rows than fit into memory."""

    def __init__(self) -> None:
        # No name: a database of this process alone, which goes with it.
        self.base = sqlite3.connect("")
        self.base.execute("CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, ids: Sequence[UUID]) -> int:
        """Remember these; returns how many of them were new, each counted once."""
        done = self.base.executemany("INSERT OR IGNORE INTO seen VALUES (?)", [(value.bytes,) for value in ids])
        return done.rowcount

    def close(self) -> None:
        """Forget them."""
        self.base.close()
