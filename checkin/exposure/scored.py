"""The people of a case ranked by their score of exposure, cut and counted in the database.

The score needs all of a person's times together, so the statement that joins these adds it up: a page of a list of ten
thousands comes with one statement, and how many are in each cut comes with it. The rule itself is `scoring`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.exposure.ranking import Contact, people, spans
from checkin.exposure.scoring import BANDS, Steps, Weights
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting_values

ROOM = sa.text("SET LOCAL work_mem = '64MB'")
ZONES, MINUTES = ("same", "other"), ("sure", "sure_close", "may_close")


@dataclass(frozen=True)
class Cut:
    """A part of the list: of one of ZONES, of MINUTES, of BANDS; empty for all of it."""

    zone: str = ""
    minutes: str = ""
    band: str = ""

    @property
    def known(self) -> bool:
        """False for words that name no part."""
        return self.zone in ("", *ZONES) and self.minutes in ("", *MINUTES) and self.band in ("", *BANDS)

    @property
    def whole(self) -> bool:
        """True where nothing is cut away."""
        return self == EVERYBODY


EVERYBODY = Cut()
DIMENSIONS: Mapping[str, Sequence[str]] = {"zone": ZONES, "minutes": MINUTES, "band": BANDS}


@dataclass(frozen=True, slots=True)
class Rated(Contact):
    """A contact with what its score is made of, and the score."""

    same_zone: bool
    setting: int
    crowded: bool
    score: int


@dataclass(frozen=True)
class Listed:
    """A page of a cut of the list. How many there are: in all, with minutes that are certain, in this cut, and by
    dimension and word in each cut that one could turn to from here (the empty word: without that dimension)."""

    total: int
    certain: int
    shown: int
    counts: dict[str, dict[str, int]]
    people: Sequence[Contact]  # each a Rated one, where there are scores


NOBODY = Listed(0, 0, 0, {name: dict.fromkeys(("", *words), 0) for name, words in DIMENSIONS.items()}, [])


def contacts(
    session: Session,
    encounters: Sequence[Encounter],
    *,
    weights: Weights,
    kinds: Mapping[UUID, str],
    air: timedelta,
    cap: timedelta,
    excluding: Collection[UUID],
    first: int,
    limit: int,
    cut: Cut = EVERYBODY,
    store: Any = Visit.__table__,
    case_id: UUID | None = None,
    of: Any = None,
) -> Listed:
    """Those of `ranking.contacts` by their score of exposure: `limit` of a cut from the one numbered `first` on.

    Equal scores in the order of `ranking.contacts`. `kinds` is the kind of each venue of the encounters; the other
    arguments are those of `ranking.contacts`, and `of` that of `ranking.spans`.
    """
    also = {
        "setting": lambda _, venue_id: weights.setting(kinds.get(venue_id, "")),
        "many": lambda encounter, _: weights.crowded_from(encounter.end - encounter.start),
        "case_zone": lambda encounter, _: encounter.zone_id,
    }
    values = meeting_values(session, encounters, air=air, cap=cap, excluding=excluding, also=also)
    values |= {"case_id": case_id, "first": first, "limit": limit}
    # Where the case was in no zone, nobody shared one with it, and an index that knows none is enough.
    zoned = any(one.zone_id for one in encounters)
    if is_postgresql(session):
        # Until the transaction ends. All that are ranked are hashed; what has no room would be gone through for each.
        session.execute(ROOM)
    rows = session.execute(_ranked(is_postgresql(session), store, weights, zoned, cut, of), values).all()
    count = iter(rows[0])
    total, certain = next(count), next(count)
    counts = {name: {word: next(count) for word in ("", *words)} for name, words in DIMENSIONS.items()}
    # Of a page of nobody there is one row, without anybody.
    found = [_person(*row[-9:]) for row in rows if row[-9] is not None]
    return Listed(total, certain, counts["zone"][cut.zone], counts, found)


def _person(*columns: Any) -> Rated:
    *met, same_zone, setting, crowded, score = columns
    person_id, certain, possible, encounters, first_at = met
    return Rated(person_id, certain, possible, encounters, first_at, bool(same_zone), setting, bool(crowded), score)


_ALSO: dict[str, Any] = {"setting": sa.Integer(), "many": sa.Integer(), "case_zone": sa.Uuid()}


# Once for each store, rule and cut: it takes longer to put together than to read a page of a small case.
@lru_cache(maxsize=128)
def _ranked(postgresql: bool, store: Any, weights: Weights, zoned: bool, cut: Cut, of: Any) -> Any:
    person = people(postgresql, _rated(postgresql, store, zoned, of), "low", "same_zone", "setting", "crowded")
    scored = sa.select(*person.c, _score(person.c, weights).label("score")).cte("scored")
    one, chosen = scored.c, vars(cut)
    parts = _parts(one, weights)
    # Each dimension is counted within what is chosen of the others.
    counts = [sa.func.count().label("total"), sa.func.count().filter(one.certain > 0).label("for_certain")]
    for name in DIMENSIONS:
        others = [parts[other][chosen[other]] for other in DIMENSIONS if other != name]
        counts += [sa.func.count().filter(*others, part).label(f"{name}_{word}") for word, part in parts[name].items()]
    counted = sa.select(*counts).select_from(scored).subquery("counted")
    page = (
        sa.select(*one)
        .where(*(parts[name][chosen[name]] for name in DIMENSIONS))
        .order_by(*_order(one))
        .offset(sa.bindparam("first", type_=sa.Integer))
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .subquery("page")
    )
    # A page of nobody still says how many there are elsewhere.
    return sa.select(counted, page).outerjoin_from(counted, page, sa.true()).order_by(*_order(page.c))


def _order(one: Any) -> tuple[Any, ...]:
    return one.score.desc(), one.certain.desc(), one.possible.desc(), one.first_at, one.person_id


def _rated(postgresql: bool, store: Any, zoned: bool, of: Any) -> Any:
    """The spans of `ranking`, each with whether the zone was the case's, the points of its place, and whether a crowd
    was beside the case."""
    span = spans(postgresql, store, *(["zone_id"] if zoned else []), also=_ALSO, of=of).c
    # Looked up once, and not joined: how many spans there are is what no plan knows beforehand.
    crowd = sa.select(span.number).group_by(span.number).having(sa.func.count() >= sa.func.max(span.many)).cte("crowd")
    crowds = sa.select(crowd.c.number)
    return sa.select(
        *(span[name] for name in ("person_id", "number", "low", "high", "sure", "setting")),
        (_flag(span.zone_id == span.case_zone) if zoned else sa.literal_column("0", sa.Integer)).label("same_zone"),
        _flag(span.number.in_(crowds.correlate(None))).label("crowded"),
    ).subquery("rated")


def _score(one: Any, weights: Weights) -> Any:
    """`Weights.exposure`, as SQL."""
    return (
        _points(one.certain, weights.certain)
        + _points(one.possible, weights.possible)
        + _points(one.encounters, tuple((n + 1, n * weights.again) for n in range(1, weights.again_most + 1)))
        + one.same_zone * weights.same_zone
        + one.setting
        + one.crowded * weights.crowd_points
    )


def _points(amount: Any, steps: Steps) -> Any:
    if not steps:
        return sa.literal(0)
    return sa.case(*((amount >= least, given) for least, given in reversed(steps)), else_=0)


def _parts(one: Any, weights: Weights) -> dict[str, dict[str, Any]]:
    """What a person must fulfil to be of each part, by dimension and word."""
    return {
        "zone": {"": sa.true(), "same": one.same_zone == 1, "other": one.same_zone == 0},
        "minutes": {
            "": sa.true(),
            "sure": one.certain > 0,
            "sure_close": one.certain >= weights.close_minutes,
            "may_close": one.possible >= weights.close_minutes,
        },
        "band": {
            "": sa.true(),
            "high": one.score >= weights.high,
            "medium": sa.and_(one.score >= weights.medium, one.score < weights.high),
            "low": one.score < weights.medium,
        },
    }


def _flag(condition: Any) -> Any:
    return sa.case((condition, 1), else_=0)
