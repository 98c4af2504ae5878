"""What the database can hold and Python cannot: it is read as something that says so, and stops no list.

Whoever may write rows may also write a moment that is infinite or a list that is none; checks in the database refuse
that today, and rows of before stay readable.
"""

import json
from datetime import date
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from sqlalchemy.types import TypeDecorator

from checkin.clock import FAR, LONG_AGO

# In place of what is no text in a list, and of JSON that cannot be read at all.
UNREADABLE = "unreadable"
# Of a list that was written past us no more is shown.
MOST = 50


def _loader(name: str, late: date, early: date) -> type[Loader]:
    """The driver's own loader, which gives a bound where it has no value to give."""
    known = psycopg.adapters.types[name].oid
    plain = psycopg.adapters.get_loader(known, Format.TEXT)
    if plain is None:  # the driver has one for each type that it knows
        raise RuntimeError(name)
    own = plain

    class Bounded(Loader):
        def __init__(self, oid: int, context: Any = None) -> None:
            super().__init__(oid, context)
            self._load = own(oid, context).load

        def load(self, data: Buffer) -> Any:
            try:
                return self._load(data)
            except psycopg.DataError:
                text = bytes(data)
                return early if text.startswith(b"-") or text.endswith(b"BC") else late

    return Bounded


_LOADERS = {
    "timestamptz": _loader("timestamptz", FAR, LONG_AGO),
    "date": _loader("date", FAR.date(), LONG_AGO.date()),
}


def register(connection: psycopg.Connection[Any]) -> None:
    """Let this connection read every moment and day that PostgreSQL can hold."""
    for name, loader in _LOADERS.items():
        connection.adapters.register_loader(name, loader)


def json_or_mark(text: str | bytes) -> Any:
    """The value of a JSON text; UNREADABLE for one that is too deep or too large a number."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return UNREADABLE


class TextList(TypeDecorator[list[str]]):
    """A list of words in JSON, null where there is none; whatever is no word in it is read as UNREADABLE."""

    impl = sa.JSON
    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> list[str] | None:
        if value is None:
            return None
        if not isinstance(value, list):
            return [UNREADABLE]
        return [one if isinstance(one, str) and one.isprintable() else UNREADABLE for one in value[:MOST]]
