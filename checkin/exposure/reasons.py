"""Why somebody stands where they stand on the list of a case, in words, and how urgent their call is."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
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
    venue_ids = {stay.venue_id for row in rows for stay in row.presence.stays}
    zones = venues.zone_names(session, list(venue_ids))
    return {
        row.presence.person_id: _why(found, row, rated, zones)
        for row in rows
        for rated in [found.rated[row.presence.person_id]]
    }


def _why(found: Contacting, row: Row, rated: scored.Rated, zones: dict[UUID, str]) -> Why:
    weights, stays = found.weights, row.presence.stays
    before = any(stay.symptoms and stay.declared_at and stay.declared_at <= rated.first_at for stay in stays)
    ill = tuple(dict.fromkeys(code for stay in stays for code in stay.symptoms or ()))
    day = clock.to_local(found.window.end).date()
    age = day.year - row.person.birth_year if row.person.birth_year else None
    return Why(
        exposure=rated.score,
        band=weights.band(rated.score),
        reasons=tuple(_reasons(found, row, rated, zones)),
        urgency=found.urgency.score(triage=row.triage, symptoms=bool(ill), before=before, age=age),
        signs=tuple(_signs(found, ill, before, age, row)),
        source=before,
    )


def _reasons(found: Contacting, row: Row, rated: scored.Rated, zones: dict[UUID, str]) -> Iterator[str]:
    sure, may = rated.certain_minutes, rated.possible_minutes
    if sure:
        yield gettext("%(time)s chắc chắn", time=time_shown(sure))
    if may > sure:
        yield gettext("có thể đến %(time)s", time=time_shown(may))
    elif not may:
        yield gettext("dưới 1 phút")
    if rated.same_zone:
        shared = {
            zones[stay.zone_id]
            for stay in row.presence.stays
            for encounter, *_ in together(found, stay)
            if stay.zone_id in zones and stay.zone_id == encounter.zone_id
        }
        yield gettext("cùng %(zone)s", zone=", ".join(sorted(shared))) if shared else gettext("cùng khu")
    if rated.encounters > 1:
        yield gettext("%(count)s lần", count=rated.encounters)
    kinds = (found.kinds.get(stay.venue_id, "") for stay in row.presence.stays)
    kind = max(kinds, key=lambda one: (found.weights.setting(one), one), default="")
    if found.weights.setting(kind) and kind in KINDS:
        name = str(KINDS[kind]).lower()
        yield gettext("trong nhà: %(kind)s", kind=name) if kind in found.weights.indoor else name
    if rated.crowded:
        yield gettext("nơi đông người")


def _signs(found: Contacting, ill: tuple[str, ...], before: bool, age: int | None, row: Row) -> Iterator[str]:
    if ill:
        yield ", ".join(str(NOTE_NAMES.get(code, code)).lower() for code in ill)
    told = [note for note in row.notes if note not in ill]
    if told and row.triage in ("watch", "urgent"):
        yield ", ".join(str(NOTE_NAMES.get(code, code)).lower() for code in told)
    if before:
        yield gettext("có trước khi gặp ca: có thể là nguồn lây")
    if scoring.points(found.urgency.ages, age or 0):
        yield gettext("%(age)s tuổi", age=age)


def time_shown(minutes: int) -> str:
    """A length of time in words: 45 phút, 4 giờ 10, 4 giờ."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return str(gettext("%(minutes)s phút", minutes=rest))
    if not rest:
        return str(gettext("%(hours)s giờ", hours=hours))
    return str(gettext("%(hours)s giờ %(minutes)s", hours=hours, minutes=f"{rest:02d}"))
