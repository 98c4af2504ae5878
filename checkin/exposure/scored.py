"""The people of a case ranked by their score of exposure, cut and counted in the database.

The score needs all of a person's times together, so the statement that joins these adds it up: a page of a list of ten
thousands comes with one statement, and how many are in each cut comes with it. The rule itself is `scoring`.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.db import is_postgresql
from checkin.exposure.models import met_person
from checkin.exposure.ranking import Contact, people, spans
from checkin.exposure.scoring import BANDS, Steps, Weights
from checkin.ids import is_id
from checkin.visits.models import Visit
from checkin.visits.queries import Encounter, meeting_values

ROOM = sa.text("SET LOCAL work_mem = '64MB'")
ZONES, MINUTES = ("same", "other"), ("sure", "sure_close", "may_close")


@dataclass(frozen=True)
class Cut:
    """A part of the list: of one of ZONES, of MINUTES, of BANDS, of who was in one zone, by its id (`at`); empty for
    all of it."""

    zone: str = ""
    minutes: str = ""
    band: str = ""
    at: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Cut":
        """The part that an address or a form asks for."""
        return cls(*(asked.get(name, "") for name in (*DIMENSIONS, "at")))

    @property
    def known(self) -> bool:
        """False for words that name no part; of a zone the list itself knows whether it is one of its venues'."""
        words = all(getattr(self, name) in ("", *words) for name, words in DIMENSIONS.items())
        return words and (not self.at or is_id(self.at))

    @property
    def parts(self) -> dict[str, str]:
        """What is chosen, as addresses and forms say it."""
        return {name: word for name, word in vars(self).items() if word}

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
    dimension and word in each cut that one could turn to from here (the empty word: without that dimension); and the
    same by zone. Who was in two zones is in both."""

    total: int
    certain: int
    shown: int
    counts: dict[str, dict[str, int]]
    people: Sequence[Contact]  # each a Rated one, where there are scores
    # In the cut without its one zone: how many, and by each zone that anybody of them was in.
    anywhere: int = 0
    zones: dict[UUID, int] = field(default_factory=dict)


NOBODY = Listed(0, 0, 0, {name: dict.fromkeys(("", *words), 0) for name, words in DIMENSIONS.items()}, [])


@dataclass(frozen=True)
class Question:
    """Whom a case met, as it is asked of the database; the fields are the arguments of `ranking.contacts`.

    `kinds` is the kind of each venue of the encounters, `of` the argument of `ranking.spans`.
    """

    encounters: Sequence[Encounter]
    weights: Weights
    kinds: Mapping[UUID, str]
    air: timedelta
    cap: timedelta
    excluding: Collection[UUID]
    store: Any = Visit.__table__
    case_id: UUID | None = None
    of: Any = None

    def values(self, session: Session) -> dict[str, Any]:
        """The values of the statement, by name."""
        also = {
            "setting": lambda _, venue_id: self.weights.setting(self.kinds.get(venue_id, "")),
            "many": lambda encounter, _: self.weights.crowded_from(encounter.end - encounter.start),
            "case_zone": lambda encounter, _: encounter.zone_id,
        }
        how: dict[str, Any] = {"air": self.air, "cap": self.cap, "excluding": self.excluding, "also": also}
        return meeting_values(session, self.encounters, **how) | {"case_id": self.case_id}

    def everybody(self, session: Session) -> Any:
        """The statement that gives them all, in no order, with what their scores are made of and the scores."""
        return _scored(is_postgresql(session), self.store, self.weights, self.zoned, self.of)

    @property
    def zoned(self) -> bool:
        """Where the case was in no zone, nobody shared one with it, and an index that knows none is enough."""
        return any(one.zone_id for one in self.encounters)

    def made_of(self, session: Session, joined: Collection[Any]) -> UUID:
        """All that an answer depends on but the visits themselves, as a number: where it is the same and they are, so
        is the answer. `joined` is who is one person with whom, where the store knows."""
        told = self.values(session), asdict(self.weights), sorted(map(str, joined))
        return UUID(bytes=sha256(json.dumps([FORM, *told], default=_plain, sort_keys=True).encode()).digest()[:16])


# To be counted up when the same question is answered otherwise than before.
FORM = 1


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def contacts(
    session: Session, asked: Question, *, first: int, limit: int, cut: Cut = EVERYBODY, by_zone: bool = False
) -> Listed:
    """Those of `ranking.contacts` by their score of exposure: `limit` of a cut from the one numbered `first` on.

    Equal scores in the order of `ranking.contacts`. To count `by_zone` takes time that is lost where no venue has
    zones.
    """
    make_room(session)
    postgresql, zoned = is_postgresql(session), asked.zoned or by_zone or bool(cut.at)
    everybody = _scored(postgresql, asked.store, asked.weights, zoned, asked.of, bool(cut.at))
    span = _spans(postgresql, asked.store, zoned, asked.of) if by_zone else None
    # The same statement for whichever zone.
    ranked = _ranked(everybody, asked.weights, replace(cut, at="one") if cut.at else cut, span, postgresql)
    page = {"first": first, "limit": limit, "at": UUID(cut.at) if cut.at else None}
    return _listed(session.execute(ranked, asked.values(session) | page).all(), cut)


def kept(
    session: Session, asked: Question, made_of: UUID, *, first: int, limit: int, cut: Cut = EVERYBODY
) -> Listed | None:
    """The same from what was ranked before, which knows no zones; None where that was made of something else, or of
    nobody."""
    values = {"case_id": asked.case_id, "made_of": made_of, "first": first, "limit": limit}
    found = _listed(session.execute(_ranked(_MET, asked.weights, cut, kept=True), values).all(), cut)
    return found if found.total else None


def make_room(session: Session) -> None:
    """Let all that are ranked be hashed until the transaction ends; what has no room would be gone through for each."""
    if is_postgresql(session):
        session.execute(ROOM)


def _listed(rows: Sequence[Any], cut: Cut) -> Listed:
    count = iter(rows[0])
    total, certain, anywhere, zones = next(count), next(count), next(count), next(count)
    counts = {name: {word: next(count) for word in ("", *words)} for name, words in DIMENSIONS.items()}
    # Of a page of nobody there is one row, without anybody.
    found = [_person(*row[-len(COLUMNS) :]) for row in rows if row[-len(COLUMNS)] is not None]
    there = {UUID(zone_id): people for zone_id, people in (zones or {}).items()}
    return Listed(total, certain, counts["zone"][cut.zone], counts, found, anywhere, there)


def _person(*columns: Any) -> Rated:
    *met, same_zone, setting, crowded, score = columns
    person_id, certain, possible, encounters, first_at = met
    return Rated(person_id, certain, possible, encounters, first_at, bool(same_zone), setting, bool(crowded), score)


_ALSO: dict[str, Any] = {"setting": sa.Integer(), "many": sa.Integer(), "case_zone": sa.Uuid()}
COLUMNS = (
    "person_id", "certain", "possible", "encounters", "first_at", "same_zone", "setting", "crowded", "score",
)  # fmt: skip
_MET = sa.select(*(met_person.c[name] for name in COLUMNS)).where(
    met_person.c.case_id == sa.bindparam("case_id"), met_person.c.made_of == sa.bindparam("made_of")
)


# These once for each store, rule and cut: it takes longer to put together than to read a page of a small case.
@lru_cache(maxsize=32)
def _spans(postgresql: bool, store: Any, zoned: bool, of: Any) -> Any:
    return spans(postgresql, store, *(["zone_id"] if zoned else []), also=_ALSO, of=of)


@lru_cache(maxsize=32)
def _scored(postgresql: bool, store: Any, weights: Weights, zoned: bool, of: Any, at: bool = False) -> Any:
    rated = _rated(_spans(postgresql, store, zoned, of).c, zoned, at)
    person = people(postgresql, rated, "low", "same_zone", "setting", "crowded", *(["there"] if at else []))
    return sa.select(*person.c, _score(person.c, weights).label("score"))


@lru_cache(maxsize=128)
def _ranked(
    everybody: Any, weights: Weights, cut: Cut, span: Any = None, postgresql: bool = False, *, kept: bool = False
) -> Any:
    scored = everybody.cte("scored")
    if kept:
        # Counted by going through them, paged by their index: neither wants a copy of all.
        scored = scored.prefix_with("NOT MATERIALIZED", dialect="postgresql")
    one, chosen = scored.c, vars(cut)
    parts = _parts(one, weights)
    picked = {name: parts[name][chosen[name]] for name in DIMENSIONS}
    here = [one.there == 1] if cut.at else []
    counts = [
        sa.func.count().label("total"),
        sa.func.count().filter(one.certain > 0).label("for_certain"),
        sa.func.count().filter(*picked.values()).label("anywhere"),
        (sa.null() if span is None else _zones(postgresql, span.c, one, picked.values())).label("zones"),
    ]
    # Each dimension is counted within what is chosen of the others.
    for name in DIMENSIONS:
        others = [*here, *(picked[other] for other in DIMENSIONS if other != name)]
        counts += [sa.func.count().filter(*others, part).label(f"{name}_{word}") for word, part in parts[name].items()]
    counted = sa.select(*counts).select_from(scored).subquery("counted")
    page = (
        sa.select(*(one[name] for name in COLUMNS))
        .where(*picked.values(), *here)
        .order_by(*_order(one))
        # By number: all of them are scored and counted for any page, so that a key would spare nothing. Whoever is
        # given from here is named in the form, and no page border says who is meant.
        .offset(sa.bindparam("first", type_=sa.Integer))
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .subquery("page")
    )
    # A page of nobody still says how many there are elsewhere.
    return sa.select(counted, page).outerjoin_from(counted, page, sa.true()).order_by(*_order(page.c))


def _zones(postgresql: bool, span: Any, one: Any, picked: Iterable[Any]) -> Any:
    """How many of those picked were in each zone while they met the case, as one value: {zone: people}."""
    some = sa.select(one.person_id).where(*picked).correlate(None)
    # Within CASE PostgreSQL keeps them hashed, however many it expects.
    among = sa.case((span.person_id.in_(some), sa.true()), else_=sa.false())
    each = (
        sa.select(
            sa.cast(span.zone_id, sa.String).label("zone_id"), sa.func.count(span.person_id.distinct()).label("n")
        )
        .where(span.zone_id.is_not(None), among)
        .group_by(span.zone_id)
        .subquery("each_zone")
    )
    made = sa.func.json_object_agg if postgresql else sa.func.json_group_object
    return sa.select(made(each.c.zone_id, each.c.n, type_=sa.JSON)).scalar_subquery()


def _order(one: Any) -> tuple[Any, ...]:
    return one.score.desc(), one.certain.desc(), one.possible.desc(), one.first_at, one.person_id


def _rated(span: Any, zoned: bool, there: bool) -> Any:
    """The spans of `ranking`, each with whether the zone was the case's, the points of its place, and whether a crowd
    was beside the case; and whether it was in the zone that is asked for."""
    # Looked up once, and not joined: how many spans there are is what no plan knows beforehand.
    crowd = sa.select(span.number).group_by(span.number).having(sa.func.count() >= sa.func.max(span.many)).cte("crowd")
    crowds = sa.select(crowd.c.number)
    at = sa.bindparam("at", type_=sa.Uuid)
    return sa.select(
        *(span[name] for name in ("person_id", "number", "low", "high", "sure", "setting")),
        (_flag(span.zone_id == span.case_zone) if zoned else sa.literal_column("0", sa.Integer)).label("same_zone"),
        _flag(span.number.in_(crowds.correlate(None))).label("crowded"),
        *([_flag(span.zone_id == at).label("there")] if there else []),
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
