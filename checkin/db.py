"""The database: engine settings, column types and the scope that row-level security reads."""

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event, exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from checkin import readable
from checkin.config import Config

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Model, disable_autonaming=True)
migrate = Migrate(directory="checkin/migrations", compare_type=True, render_as_batch=True)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; timestamptz on PostgreSQL, text that sorts on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime would lose its zone: make it aware first")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# A request that only reads must not queue for SQLite's one writer; every other use may write, and a
# transaction that turns from reading to writing half-way would fail instead of waiting.
_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Transactions begun inside do not take SQLite's write lock."""
    token = _read_only.set(True)
    try:
        yield
    finally:
        _read_only.reset(token)


def set_read_only(value: bool) -> None:
    """Say for the rest of this request whether new transactions only read."""
    _read_only.set(value)


def begin_writing() -> Session:
    """The session, to write in: what was read began a transaction that only reads, which SQLite could not turn into a
    writing one.
    """
    session = db.session()
    session.rollback()
    set_read_only(False)
    return session


def is_read_only() -> bool:
    """True where new transactions only read."""
    return _read_only.get()


def engine_options(config: Config, url: str) -> dict[str, Any]:
    """Options of create_engine for the given address."""
    if url.startswith("sqlite"):
        # hide_parameters: an error of the database must not repeat what a person typed.
        return {
            "hide_parameters": True,
            "json_deserializer": readable.json_or_mark,
            "connect_args": {"timeout": 15, "check_same_thread": False},
        }
    return {
        "hide_parameters": True,
        "json_deserializer": readable.json_or_mark,
        "pool_size": 4,
        "max_overflow": 4,
        "pool_timeout": 5,
        # prepare_threshold: set by `_prepare_where_direct`.
        "connect_args": {
            "prepare_threshold": None,
            "connect_timeout": 3,
            "application_name": _called(config.tier),
            # Time-outs are settings of the roles: pgbouncer takes none at the start of a connection.
        },
    }


def _called(tier: str) -> str:
    """What the connections of a tier are called at the server."""
    return f"checkin-{tier}"


@contextmanager
def owner_session(config: Config) -> Iterator[Session]:
    """A session of commands as the owner of the tables: what no tier may change, and every row of every scope."""
    engine = sa.create_engine(config.migrate_url, **engine_options(config, config.migrate_url))
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


def init_app(app: Flask, config: Config) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(config, config.database_url)
    db.init_app(app)
    migrate.init_app(app, db)


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        readable.register(connection)
        _prepare_where_direct(connection)
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={PATIENT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_where_direct(connection: psycopg.Connection[Any]) -> None:
    """Let what is asked again and again be prepared, where the server itself is at the other end.

    A pooler hands each transaction to another server connection, which knows nothing of what was prepared on the
    one before. It also gives clients a process number of its own, by which it is known.

    For visitors alone: of what is prepared PostgreSQL soon makes one plan for whatever is asked. That spares the few
    statements of a check-in a third of their time; a page of a case it once made read all that is kept (255 ms, not 3).
    """
    if connection.info.get_parameters().get("application_name") != _called("public"):
        return
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    if row is not None and row[0] == connection.info.backend_pid:
        connection.prepare_threshold = PREPARE_AFTER


# A connection that was used a moment ago is taken as it is; one that lay still is asked whether it still
# lives, since a server that came back, or pgbouncer, may have closed it meanwhile.
IDLE_SECONDS = 1.0
PREPARE_AFTER = 5


@event.listens_for(Engine, "engine_connect")
def _remember_use(connection: Connection) -> None:
    connection.info["used"] = time.monotonic()


@event.listens_for(Pool, "checkout")
def _still_alive(dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    if isinstance(dbapi_connection, sqlite3.Connection):
        return
    if time.monotonic() - record.info.get("used", 0.0) > IDLE_SECONDS:
        try:
            dbapi_connection.execute("")
            dbapi_connection.rollback()
        except psycopg.Error as error:
            # The pool then makes a new one, and gives up all that are as old.
            raise exc.DisconnectionError from error


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside may write, also in a request that only reads."""
    token = _read_only.set(False)
    try:
        yield
    finally:
        _read_only.reset(token)


def let_go(session: Session) -> None:
    """End the transaction in which a request has read so far; its objects stay readable.

    What takes its time afterwards, such as hashing a password or another database, holds nothing meanwhile.
    Not by a rollback, after which every object had to be read again. It commits what is pending: for a session that
    only read, or whose writes are whole.
    """
    expires, session.expire_on_commit = session.expire_on_commit, False
    try:
        session.commit()
    finally:
        session.expire_on_commit = expires


# An execution option: what may as well be left undone waits no longer than this for SQLite's one writer.
IN_PASSING, IN_PASSING_MS, PATIENT_MS = "in_passing", 200, 15_000


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    if not connection.get_execution_options().get(IN_PASSING):
        connection.exec_driver_sql("BEGIN" if _read_only.get() else "BEGIN IMMEDIATE")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={IN_PASSING_MS}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENT_MS}")


def set_scope(session: Session, **values: object) -> None:
    """Say whose rows this session may touch; row-level security on PostgreSQL reads it.

    Values hold until the end of each transaction and are set again at the start of the next one.
    """
    for statement, given in scope(session, **values):
        session.connection().execute(statement, given)


def scope(session: Session, **values: object) -> list[tuple[Any, Mapping[str, Any]]]:
    """The same, as a statement for the caller to send with others; none where it goes by itself or not at all."""
    kept = session.info.setdefault("scope", {})
    begun = session.in_transaction()
    kept.update({f"checkin.{name}": _text(value) for name, value in values.items()})
    return [_scope_statement(kept)] if begun and is_postgresql(session) else []


def has_scope(session: Session) -> bool:
    """True where somebody said whose rows the session may touch."""
    return bool(session.info.get("scope"))


@event.listens_for(Session, "after_begin")
def _on_session_begin(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    kept = session.info.get("scope")
    if kept and connection.dialect.name == "postgresql":
        statement, given = _scope_statement(kept)
        connection.execute(statement, given)


def _scope_statement(kept: dict[str, str]) -> tuple[sa.TextClause, dict[str, str]]:
    return _scope_text(tuple(kept)), {f"v{i}": value for i, value in enumerate(kept.values())}


@lru_cache(maxsize=64)
def _scope_text(names: tuple[str, ...]) -> sa.TextClause:
    # Names of settings are our own words; built once, since every transaction begins with it.
    # nosemgrep: sql-by-formatting
    return sa.text("SELECT " + ", ".join(f"set_config('{name}', :v{i}, true)" for i, name in enumerate(names)))


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return "" if value is None else str(value)


def is_postgresql(session: Session) -> bool:
    """True when the session talks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def is_day(table: str) -> bool:
    """True for the name of a table that holds one day of another, such as visit_20261120."""
    return re.fullmatch(r"(visit|declaration)_[0-9]{8}", table) is not None


def missing_day(error: sa.exc.IntegrityError) -> bool:
    """True when PostgreSQL refused a row because its day has no table yet."""
    cause = error.orig
    return (
        getattr(cause, "sqlstate", "") == "23514"
        and getattr(getattr(cause, "diag", None), "constraint_name", None) is None
    )


@lru_cache(maxsize=64)
def insert_new(table: sa.FromClause, dialect: str) -> Any:
    """The statement that inserts a row unless one with the same key exists; it touches no row then."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()  # type: ignore[arg-type]


def insert_if_new(session: Session, table: sa.FromClause, values: dict[str, Any]) -> bool:
    """Insert a row unless one with the same key exists; True when it was inserted."""
    result = session.execute(
        insert_new(table, "postgresql" if is_postgresql(session) else "sqlite"),
        values,
        # RETURNING would ask for the right to read, which the public role has not.
        execution_options={"preserve_rowcount": True},
    )
    return bool(result.rowcount == 1)  # type: ignore[attr-defined]
