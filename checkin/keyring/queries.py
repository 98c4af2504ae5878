from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.db import Model, UtcDateTime
from checkin.keyfiles import ID_BYTES


@dataclass(frozen=True)
class Sealed:
    """A column whose values begin with the id of their key, and the name of the key: `cdc`, `owner` or `staff`."""

    column: sa.Column[bytes]
    key: str

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that its values may be under: what is written to owners and to staff stands in one table."""
        return _keys(self.column)

    @property
    def name(self) -> str:
        """Table and column, as people read them."""
        return f"{self.column.table.name}.{self.column.name}"

    @property
    def primary(self) -> list[sa.Column[Any]]:
        """The columns that name a row."""
        return list(self.column.table.primary_key.columns)  # type: ignore[attr-defined]

    @property
    def by_day(self) -> bool:
        """True where rows are ordered by time, and on PostgreSQL stored in a table a day."""
        return isinstance(self.primary[0].type, UtcDateTime)


def sealed_columns(key: str | None = None) -> list[Sealed]:
    """The columns under a key, or under any: those that a model marks with `info={"key": ...}`; once for each key."""
    columns = [column for table in Model.metadata.sorted_tables for column in table.columns if "key" in column.info]
    return [Sealed(column, name) for column in columns for name in _keys(column) if key in (None, name)]


def _keys(column: sa.Column[Any]) -> tuple[str, ...]:
    said = column.info["key"]
    return (said,) if isinstance(said, str) else tuple(said)


def counts(session: Session, sealed: Sealed) -> dict[bytes, int]:
    """How many values of a column begin with which id. Reads the whole table, and opens nothing."""
    key_id = sa.func.substr(sealed.column, 1, ID_BYTES, type_=sa.LargeBinary)
    rows = session.execute(sa.select(key_id, sa.func.count()).where(sealed.column.is_not(None)).group_by(key_id))
    return {bytes(row[0]): int(row[1]) for row in rows}


def days(session: Session, sealed: Sealed) -> list[date]:
    """The days of the province between the oldest and the newest row of a table that is ordered by time."""
    time = sealed.primary[0]
    first, last = session.execute(sa.select(sa.func.min(time), sa.func.max(time))).one()
    if first is None:
        return []
    start, end = clock.to_local(first).date(), clock.to_local(last).date()
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def next_block(
    session: Session,
    sealed: Sealed,
    *,
    ids: Sequence[bytes],
    within: tuple[datetime, datetime] | None,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    """The next rows under one of the key ids, in the order of their key: its columns, and the value last.

    `within` bounds the time of tables that are ordered by it, so that one day's table is read and no other.
    """
    key_id = sa.func.substr(sealed.column, 1, ID_BYTES, type_=sa.LargeBinary)
    query = sa.select(*sealed.primary, sealed.column).where(key_id.in_(ids))
    if within is not None:
        start = within[0] if after is None else max(within[0], after[0])
        query = query.where(sealed.primary[0] >= start, sealed.primary[0] < within[1])
    if after is not None:
        given = [sa.literal(value, column.type) for column, value in zip(sealed.primary, after, strict=True)]
        query = query.where(sa.tuple_(*sealed.primary) > sa.tuple_(*given))
    return [tuple(row) for row in session.execute(query.order_by(*sealed.primary).limit(limit))]
