"""Many rows in one step: COPY on PostgreSQL, a prepared statement on SQLite."""

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from checkin.db import is_postgresql


def insert_new(session: Session, table: sa.Table, rows: Sequence[dict[str, Any]]) -> int:
    """Insert those rows whose key is not there yet; returns how many. Every row has every column.

    PostgreSQL copies nothing straight into a table with row-level security, hence by way of a table that
    lives as long as the connection.
    """
    if not rows:
        return 0
    if not is_postgresql(session):
        done = session.execute(
            sqlite.insert(table).on_conflict_do_nothing(), list(rows), execution_options={"preserve_rowcount": True}
        )
        return int(done.rowcount)  # type: ignore[attr-defined]
    connection = session.connection()
    waiting, columns = f"waiting_{table.name}", ", ".join(column.name for column in table.columns)
    connection.exec_driver_sql(f"CREATE TEMP TABLE IF NOT EXISTS {waiting} (LIKE {table.name}) ON COMMIT DELETE ROWS")
    connection.exec_driver_sql(f"TRUNCATE {waiting}")
    raw: Any = connection.connection.driver_connection
    # Also of types that are built on it: written as a list of Python it would be an array of PostgreSQL's.
    names = [
        (column.name, isinstance(getattr(column.type, "impl_instance", column.type), sa.JSON))
        for column in table.columns
    ]
    with raw.cursor() as cursor, cursor.copy(f"COPY {waiting} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([json.dumps(row[name], ensure_ascii=False) if j else row[name] for name, j in names])
    key = ", ".join(column.name for column in table.primary_key)
    done = connection.exec_driver_sql(
        f"INSERT INTO {table.name} ({columns}) "  # noqa: S608 names of our own tables  # nosec B608
        f"SELECT {columns} FROM {waiting} ORDER BY {key} ON CONFLICT DO NOTHING"
    )
    return int(done.rowcount)
