"""Pages of a list by the key of a row, its place in the order, and not by a count: no page is slower than the first,
and whoever comes or goes meanwhile moves nobody across the border of a page.

Keys stand in addresses. They are sealed there: whoever finds one in a history or a log learns nothing from it, and it
fits no other list and no other order. The row that a key was made of need not be there any more.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.vault import Vault, VaultError

Key = tuple[Any, ...]
Row = TypeVar("Row")
LONGEST = 400


class Spot(NamedTuple):
    """Where a page begins: behind a key or, `back`, as the page that ends before it; without one with the first row."""

    key: Key | None = None
    back: bool = False


START = Spot()


@dataclass(frozen=True)
class Leaf(Generic[Row]):
    """A page: its rows, the key before which the page before it ends, and the key behind which the next one begins;
    None where there is no such page."""

    rows: list[Row]
    previous: Key | None = None
    following: Key | None = None


class Words(NamedTuple):
    """`Leaf.previous` and `Leaf.following` as the words `before` and `after` of addresses; empty for none."""

    before: str = ""
    after: str = ""


def page(
    session: Session,
    parts: Sequence[sa.Select[Any]],
    keys: Sequence[Any],
    spot: Spot,
    *,
    limit: int,
    desc: bool = False,
) -> Leaf[Any]:
    """`limit` rows of a list that is these queries one after the other (the first column of each row), every one of
    them ordered by all of `keys` upwards, or `desc` downwards. The key of a row begins with the number of its part.

    No two rows of a part have all keys alike, and none of them is null. Behind a key with nothing left behind it, and
    before one with no whole page before it, it is the first page.
    """

    def read(spot: Spot, most: int) -> list[tuple[Key, Any]]:
        at, *key = spot.key or (0,)
        found: list[tuple[Key, Any]] = []
        for number in range(at, -1, -1) if spot.back else range(at, len(parts)):
            here = Spot(tuple(key) if key and number == at else None, spot.back)
            query = cut(parts[number], keys, here, limit=most - len(found), desc=desc)
            found += [((number, *row[-len(keys) :]), row[0]) for row in session.execute(query)]
            if len(found) == most:
                break
        return found[::-1] if spot.back else found

    return leaf(read, spot, limit)


def cut(query: sa.Select[Any], keys: Sequence[Any], spot: Spot, *, limit: int, desc: bool = False) -> sa.Select[Any]:
    """The query of the `limit` rows nearest to a spot, that nearest first, with the keys as its last columns."""
    down = desc != spot.back
    query = query.add_columns(*(one.label(f"key{number}") for number, one in enumerate(keys)))
    if spot.key is not None:
        here = sa.tuple_(*(sa.literal(value, one.type) for value, one in zip(spot.key, keys, strict=True)))
        query = query.where(sa.tuple_(*keys) < here if down else sa.tuple_(*keys) > here)
    return query.order_by(*(one.desc() if down else one for one in keys)).limit(limit)


def leaf(read: Callable[[Spot, int], list[tuple[Key, Row]]], spot: Spot, limit: int) -> Leaf[Row]:
    """The page at a spot; `read` gives so many rows nearest to a spot with their keys, in the order of the list."""
    found = read(spot, limit + 1)
    if spot.key is not None and (not found or spot.back and len(found) <= limit):
        spot, found = START, read(START, limit + 1)
    more = len(found) > limit
    found = found[-limit:] if spot.back else found[:limit]
    return Leaf(
        [row for _, row in found],
        found[0][0] if found and spot.key is not None else None,
        found[-1][0] if found and (more or spot.back) else None,
    )


def words(vault: Vault, name: str, leaf: Leaf[Any]) -> Words:
    """What the addresses of the pages beside this one of the list `name` say."""
    return Words(*(sealed(vault, name, key) if key is not None else "" for key in (leaf.previous, leaf.following)))


def asked(vault: Vault, name: str, shape: Sequence[type], values: Mapping[str, str]) -> Spot:
    """The spot that an address or a form says by `after` or `before`; START for what is no key of the list `name`."""
    for word, back in (("after", False), ("before", True)):
        key = opened(vault, name, shape, text) if (text := values.get(word, "")) else None
        if key is not None:
            return Spot(key, back)
    return START


def here(values: Mapping[str, str]) -> dict[str, Any]:
    """The page that an address or a form says, to be said again in the address of the same page."""
    return {word: values[word][:LONGEST] for word in ("after", "before") if values.get(word)}


def sealed(vault: Vault, name: str, key: Key) -> str:
    """A key as the word of an address, LONGEST characters at most; `name` says which list and which order."""
    body = json.dumps([_plain(part) for part in key]).encode()
    return base64.urlsafe_b64encode(vault.lock_part(f"page {name}", 0, body)).decode().rstrip("=")


def opened(vault: Vault, name: str, shape: Sequence[type], text: str) -> Key | None:
    """The key of a word, of parts of these types; None for what is none of this list in this order."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        locked = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        parts = json.loads(vault.unlock_part(f"page {name}", 0, locked))
        return tuple(_part(kind, part) for kind, part in zip(shape, parts, strict=True))
    except (VaultError, binascii.Error, ValueError, TypeError):
        return None


def _plain(part: Any) -> Any:
    if isinstance(part, datetime):
        return part.isoformat()
    return part.hex() if isinstance(part, bytes) else part.hex if isinstance(part, UUID) else part


def _part(kind: type, part: Any) -> Any:
    if kind in (datetime, UUID, bytes) and not isinstance(part, str):
        raise TypeError(kind)
    if kind is datetime:
        return datetime.fromisoformat(part)
    if kind is UUID:
        return UUID(hex=part)
    if kind is bytes:
        return bytes.fromhex(part)
    if type(part) is not kind:
        raise TypeError(kind)
    return part
