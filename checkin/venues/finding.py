"""A place by what somebody typed of it: its code, or words of its name, address and commune in any order."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.fold import fold
from checkin.places.models import Place
from checkin.venues.codes import normalise
from checkin.venues.models import Code, Venue

# So many words are asked for; whoever types more has named the place by then.
MOST_WORDS = 8
# Up to here the name alone, as typed or without its accents, is the venue's whole name.
WHOLE_NAME = 1


@dataclass(frozen=True)
class Found:
    """A venue that a search found; `rank` is how well it fits, 0 the best."""

    id: UUID
    name: str
    address: str
    commune_name: str
    kind: str
    code: str
    rank: int = 0


def searched(name: str, address: str) -> str:
    """What a search asks first: the folded name, and the words of the address between spaces; up to 600 characters."""
    words = " ".join(re.findall(r"[^\W_]+", fold(address)))
    return f"{fold(name)[:200]}\n {words[:397]} "


def search(
    session: Session, text: str, *, commune_id: str | None = None, kind: str | None = None, limit: int = 20
) -> list[Found]:
    """Venues whose name holds every word of `text`, with or without accents, in any order; or the one with that code.

    Where no name does, those of which every word stands in the name or begins a word of the address or of the commune's
    name; a number is meant whole there. Best first: the name exactly as typed; the same without accents; names that
    hold it with the accents that were typed; that begin so; that hold it; of which every word begins a word.
    """
    text = unicodedata.normalize("NFC", text.replace("\x00", ""))  # which PostgreSQL takes in no text
    folded = fold(text)[:200]
    words = folded.split()[:MOST_WORDS]
    where: list[Any] = [Venue.commune_id == commune_id] if commune_id else []
    where += [Venue.kind == kind] if kind else []
    has = _strpos if is_postgresql(session) else _instr
    rank = _rank(has, text, folded, words)
    by_code = session.scalar(sa.select(Code.venue_id).where(Code.code == normalise(text)[:11]))
    if by_code is not None:
        return _best(session, [*where, Venue.id == by_code], rank, limit)
    found = _best(session, [*where, *(has(Venue.name_fold, word) for word in words)], rank, limit)
    if found or not words:
        return found
    return _best(session, [*where, *_anywhere(has, words, _communes(session, has, words))], rank, limit)


def _best(session: Session, where: list[Any], rank: Any, limit: int) -> list[Found]:
    best = (
        sa.select(Venue.id, rank.label("rank"), Venue.name_fold)
        .where(*where)
        .order_by("rank", Venue.name_fold, Venue.id)
        .limit(limit)
        .subquery("best")
    )
    first_code = (
        sa.select(sa.func.min(Code.code))
        .where(Code.venue_id == Venue.id, Code.zone_id.is_(None), Code.revoked_at.is_(None))
        .correlate(Venue)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Venue, Place, first_code, best.c.rank)
        .join(best, best.c.id == Venue.id)
        .join(Place, Venue.commune_id == Place.id)
        .order_by(best.c.rank, best.c.name_fold, Venue.id)
    )
    return [Found(v.id, v.name, v.address, place.full_name, v.kind, code or "", rank) for v, place, code, rank in rows]


def the_one(found: list[Found]) -> Found | None:
    """The venue that is meant where one alone fits, or one alone of all by its whole name; else None."""
    if len(found) == 1:
        return found[0]
    for rank in range(WHOLE_NAME + 1):
        named = [one for one in found if one.rank == rank]
        if named:
            return named[0] if len(named) == 1 else None
    return None


Has = Callable[[Any, str], sa.ColumnElement[bool]]


def _instr(column: Any, text: str) -> sa.ColumnElement[bool]:
    return sa.func.instr(column, text) > 0


def _strpos(column: Any, text: str) -> sa.ColumnElement[bool]:
    return sa.func.strpos(column, text) > 0


def _anywhere(has: Has, words: list[str], communes: dict[str, list[str]]) -> list[sa.ColumnElement[bool]]:
    """Every word fits somewhere. What is asked of every venue comes first: it is cheap, and all that fit pass it."""
    loose, strict = [], []
    for word in words:
        there = has(Venue.search_fold, f" {word} " if word.isdigit() else f" {word}")
        in_commune = [Venue.commune_id.in_(communes[word])] if word in communes else []
        loose.append(sa.or_(has(Venue.search_fold, word), *in_commune))
        strict.append(sa.or_(has(Venue.name_fold, word), there, *in_commune))
    return [*loose, *strict]


def _communes(session: Session, has: Has, words: list[str]) -> dict[str, list[str]]:
    """The communes of today in whose name a word begins so, by word; a number is one alone."""
    found: dict[str, list[str]] = {}
    named = sa.or_(*(has(Place.name_fold, word) for word in words))
    current = Place.level == "commune", Place.valid_to.is_(None), named
    for commune_id, name in session.execute(sa.select(Place.id, Place.name_fold).where(*current)):
        for word in words:
            if any(part == word if word.isdigit() else part.startswith(word) for part in name.split()):
                found.setdefault(word, []).append(commune_id)
    return found


def _rank(has: Has, text: str, folded: str, words: list[str]) -> sa.ColumnElement[int]:
    plain = text.strip()
    begins = [has(sa.literal(" ") + Venue.name_fold, f" {word}") for word in words] or [sa.false()]
    return sa.case(
        (Venue.name == text, 0),
        (Venue.name_fold == folded, WHOLE_NAME),
        (sa.and_(has(Venue.name_fold, folded), has(sa.func.lower(Venue.name), plain.lower())), 2),
        (sa.func.substr(Venue.name_fold, 1, len(folded)) == folded, 3),
        (has(Venue.name_fold, folded), 4),
        (sa.and_(*begins), 5),
        else_=6,
    )
