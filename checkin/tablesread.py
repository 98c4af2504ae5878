"""Which tables a statement reads, for the wall of `scope.py`."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

# Statements are of few kinds, and lists are long: what a kind reads is looked up once. The library makes the same key
# for its own cache of compiled statements and keeps it with the statement, so it costs next to nothing.
_READ_BY: LRUCache[Any, frozenset[str]] = LRUCache(1000)


def tables_of(statement: Any) -> frozenset[str]:
    """Names of the tables that a statement reads, also inside its subqueries."""
    key = statement._generate_cache_key()
    if key is None:
        return frozenset(_tables(statement))
    found: frozenset[str] | None = _READ_BY.get(key.key)
    if found is None:
        found = _READ_BY[key.key] = frozenset(_tables(statement))
    return found


def _tables(statement: Any) -> set[str]:
    # The elements too, not their numbers alone: some are made while one looks, and a number is given out again.
    found, seen, waiting = set(), {id(statement): statement}, [statement]
    while waiting:
        element = waiting.pop()
        if isinstance(element, sa.Table):
            found.add(element.name)
            continue
        # A column says which table it is of, also where no FROM names it.
        of = getattr(element, "table", None)
        for child in (*element.get_children(), *((of,) if isinstance(of, sa.FromClause) else ())):
            if id(child) not in seen:
                seen[id(child)] = child
                waiting.append(child)
    return found
