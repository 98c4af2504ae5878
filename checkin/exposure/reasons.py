"""Why somebody stands where they stand on the list of a case, in words, and how urgent their call is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from checkin import clock
from checkin.exposure import scored, scoring
from checkin.exposure.contacting import Contacting, together
from checkin.exposure.listing import Row
from checkin.exposure.showing import NOTE_NAMES
from checkin.venues import queries as venues
from checkin.venues.kinds import KINDS

BAND_NAMES = {scoring.HIGH: _l("Cao"), scoring.MEDIUM: _l("Vừa"), scoring.LOW: _l("Thấp")}
# Parts that a list can be cut to, by dimension and word.
CUT_NAMES = {
    "zone": {"": _l("Mọi khu"), "same": _l("Cùng khu với ca"), "other": _l("Khác khu, không rõ khu")},
    "minutes": {
        "": _l("Mọi số phút"),
        "sure": _l("Có phút chắc chắn"),
        "sure_close": _l("Chắc chắn từ %(minutes)s phút"),
        "may_close": _l("Có thể từ %(minutes)s phút"),
    },
    "band": {
        "": _l("Mọi mức"),
        scoring.HIGH: _l("Mức cao"),
        scoring.MEDIUM: _l("Mức vừa"),
        scoring.LOW: _l("Mức thấp"),
    },
}


@dataclass(frozen=True)
class Facts:
    """What both scores of one person are made of: plain values, kept with whoever is given to be called."""

    exposure: int = 0
    band: str = scoring.LOW
    certain: int = 0
    possible: int = 0
    same_zone: bool = False
    zones: tuple[str, ...] = ()
    encounters: int = 1
    # The kind of place that gave points, and whether it is indoors.
    kind: str = ""
    indoor: bool = False
    crowded: bool = False
    urgency: int = 0
    symptoms: tuple[str, ...] = ()
    # What else was declared that asks for attention.
    told: tuple[str, ...] = ()
    before: bool = False
    # Where it gave points.
    age: int | None = None

    def plain(self) -> dict[str, Any]:
        """The same as JSON takes it, without what says nothing."""
        nothing = Facts()
        return {name: value for name, value in vars(self).items() if value != getattr(nothing, name)}


@dataclass(frozen=True)
class Why:
    """Both scores of one person, 0 to 100, the band of the first, and the reasons of each in words, weightiest first.

    `source`: symptoms were declared before the case was met, so that the case may have caught it from them.
    """

    exposure: int
    band: str
    reasons: tuple[str, ...]
    urgency: int
    signs: tuple[str, ...]
    source: bool


def of(session: Session, found: Contacting, rows: Collection[Row]) -> dict[UUID, Why]:
    """The scores and reasons of these rows of the list, by person."""
    return {person_id: in_words(facts) for person_id, facts in facts_of(session, found, rows).items()}


def facts_of(session: Session, found: Contacting, rows: Collection[Row]) -> dict[UUID, Facts]:
    """What the scores of these rows of the list are made of, by person."""
    shared = {
        stay.venue_id
        for row in rows
        if found.rated[row.presence.person_id].same_zone
        for stay in row.presence.stays
        if stay.zone_id
    }
    zones = venues.zone_names(session, list(shared))
    return {
        row.presence.person_id: _facts(found, row, rated, zones)
        for row in rows
        for rated in [found.rated[row.presence.person_id]]
    }


def _facts(found: Contacting, row: Row, rated: scored.Rated, zones: dict[UUID, str]) -> Facts:
    weights, stays = found.weights, row.presence.stays
    before = any(stay.symptoms and stay.declared_at and stay.declared_at <= rated.first_at for stay in stays)
    ill = tuple(dict.fromkeys(code for stay in stays for code in stay.symptoms or ()))
    day = clock.to_local(found.window.end).date()
    age = day.year - row.person.birth_year if row.person.birth_year else None
    shared = {
        zones[stay.zone_id]
        for stay in stays
        for encounter, *_ in together(found, stay)
        if rated.same_zone and stay.zone_id in zones and stay.zone_id == encounter.zone_id
    }
    kinds = (found.kinds.get(stay.venue_id, "") for stay in stays)
    kind = max(kinds, key=lambda one: (weights.setting(one), one), default="")
    return Facts(
        exposure=rated.score,
        band=weights.band(rated.score),
        certain=rated.certain_minutes,
        possible=rated.possible_minutes,
        same_zone=rated.same_zone,
        zones=tuple(sorted(shared)),
        encounters=rated.encounters,
        kind=kind if weights.setting(kind) and kind in KINDS else "",
        indoor=kind in weights.indoor,
        crowded=rated.crowded,
        urgency=found.urgency.score(triage=row.triage, symptoms=bool(ill), before=before, age=age),
        symptoms=ill,
        told=tuple(note for note in row.notes if note not in ill) if row.triage in ("watch", "urgent") else (),
        before=before,
        age=age if scoring.points(found.urgency.ages, age or 0) else None,
    )


def in_words(facts: Facts) -> Why:
    """The same as a list says it."""
    reasons, signs = tuple(_reasons(facts)), tuple(_signs(facts))
    return Why(facts.exposure, facts.band, reasons, facts.urgency, signs, facts.before)


def kept(told: Any) -> Facts | None:
    """What was kept with a contact by `Facts.plain`; None where nothing was, or nothing that can be read."""
    if not isinstance(told, dict) or not told.keys() <= {one.name for one in fields(Facts)}:
        return None
    values: dict[str, Any] = {
        name: tuple(map(str, value)) if isinstance(value, list) else value for name, value in told.items()
    }
    found = Facts(**values)
    same = all(type(value) is type(getattr(_FULL, name)) for name, value in vars(found).items() if name in told)
    return found if same and found.band in BAND_NAMES else None


# One with a value of each kind.
_FULL = Facts(age=0)


def _reasons(facts: Facts) -> Iterator[str]:
    sure, may = facts.certain, facts.possible
    if sure:
        yield gettext("%(time)s chắc chắn", time=time_shown(sure))
    if may > sure:
        yield gettext("có thể đến %(time)s", time=time_shown(may))
    elif not may:
        yield gettext("dưới 1 phút")
    if facts.same_zone:
        yield gettext("cùng %(zone)s", zone=", ".join(facts.zones)) if facts.zones else gettext("cùng khu")
    if facts.encounters > 1:
        yield gettext("%(count)s lần", count=facts.encounters)
    if facts.kind in KINDS:
        name = str(KINDS[facts.kind]).lower()
        yield gettext("trong nhà: %(kind)s", kind=name) if facts.indoor else name
    if facts.crowded:
        yield gettext("nơi đông người")


def _signs(facts: Facts) -> Iterator[str]:
    if facts.symptoms:
        yield ", ".join(str(NOTE_NAMES.get(code, code)).lower() for code in facts.symptoms)
    if facts.told:
        yield ", ".join(str(NOTE_NAMES.get(code, code)).lower() for code in facts.told)
    if facts.before:
        yield gettext("có trước khi gặp ca: có thể là nguồn lây")
    if facts.age is not None:
        yield gettext("%(age)s tuổi", age=facts.age)


def part_name(found: Contacting) -> str:
    """The part to which a list is cut, in words; empty for all of it."""
    parts, close = found.cut.parts, str(found.weights.close_minutes)
    words = [str(CUT_NAMES[name][word]).replace("%(minutes)s", close) for name, word in parts.items() if name != "at"]
    return ", ".join([*words, " – ".join(found.zones[UUID(found.cut.at)])] if found.cut.at else words)


def time_shown(minutes: int) -> str:
    """A length of time in words: 45 phút, 4 giờ 10, 4 giờ."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(gettext("%(minutes)s phút", minutes=rest))
    if not rest:
        return str(gettext("%(hours)s giờ", hours=hours))
    return str(gettext("%(hours)s giờ %(minutes)s", hours=hours, minutes=f"{rest:02d}"))
