"""Several statements in one go: on PostgreSQL one journey to the server and back instead of one for each.

A check-in is a handful of small statements; waiting for each of their answers takes longer than running them.
On SQLite, which has no journey, they run one after the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Answer:
    """What a statement gave: its rows, empty for one that returns none, and how many it touched."""

    rows: Sequence[Sequence[Any]]
    count: int


Asked = tuple[Any, Mapping[str, Any]]


def together(session: Session, asked: Sequence[Asked]) -> list[Answer]:
    """Run Core statements in the session's transaction, in order; one answer each.

    Statements are built once and take all their values as parameters. Raises what SQLAlchemy raises; as with a
    statement alone, the transaction is then over.
    """
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        return _in_pipeline(connection, asked)
    answers = []
    for statement, values in asked:
        result = connection.execute(statement, values, execution_options={"preserve_rowcount": True})
        rows = [tuple(row) for row in result] if result.returns_rows else []
        answers.append(Answer(rows, result.rowcount))
    return answers


def _in_pipeline(connection: Connection, asked: Sequence[Asked]) -> list[Answer]:
    driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        # Leaving the pipeline waits for the answers of all.
        with driver.pipeline():
            cursors = [_send(driver, connection.dialect, statement, values) for statement, values in asked]
    except psycopg.Error as error:
        raise _as_sqlalchemy(connection, driver, error) from error
    return [Answer(cursor.fetchall() if cursor.description is not None else [], cursor.rowcount) for cursor in cursors]


def _send(
    driver: "psycopg.Connection[Any]", dialect: Dialect, statement: sa.Executable, values: Mapping[str, Any]
) -> "psycopg.Cursor[Any]":
    text, fixed, processors = _compiled(statement, dialect, tuple(values))
    given = {**fixed, **values}
    for name, processor in processors:
        given[name] = processor(given[name])
    return driver.execute(text, given)


@lru_cache(maxsize=256)
def _compiled(
    statement: sa.Executable, dialect: Dialect, names: tuple[str, ...]
) -> tuple[bytes, dict[str, Any], list[tuple[str, Any]]]:
    """Text, values that stand in the statement itself, and what turns a value into what the driver takes."""
    dml = isinstance(statement, sa.Insert)
    compiled = statement.compile(dialect=dialect, column_keys=list(names) if dml else None)  # type: ignore[attr-defined]
    processors = [
        (name, processor)
        for name, bind in compiled.binds.items()
        if (processor := bind.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    ]
    fixed = {name: bind.value for name, bind in compiled.binds.items() if name not in names}
    return str(compiled).encode(), fixed, processors


def _as_sqlalchemy(connection: Connection, driver: "psycopg.Connection[Any]", error: psycopg.Error) -> exc.DBAPIError:
    """The error as SQLAlchemy would raise it, without what was asked: that may be what a person typed."""
    if driver.closed:
        # The pool must not give this connection to anybody.
        connection.invalidate(error)
    kind = (
        exc.IntegrityError
        if isinstance(error, psycopg.IntegrityError)
        else (exc.OperationalError if isinstance(error, psycopg.OperationalError) else exc.DBAPIError)
    )
    return kind("(several statements)", None, error, hide_parameters=True, connection_invalidated=driver.closed)
