"""Which places the form of a lookup means: by code, by name, or chosen from several."""

from dataclasses import dataclass
from uuid import UUID

from flask_babel import gettext
from sqlalchemy.orm import Session

from checkin.exposure.forms import MOST_PLACES, PlaceForm
from checkin.exposure.terms import Spot
from checkin.venues import finding
from checkin.venues import queries as venues
from checkin.venues.codes import diagnose, normalise

# Of so many that a name fits the officer chooses; of so many the message beside the second place names.
MOST_CHOICES, NAMED = 30, 3


@dataclass(frozen=True)
class Meant:
    """The places that the form means; or `choices` where the name fits several or none."""

    spots: tuple[Spot, ...] = ()
    choices: list[finding.Found] | None = None


@dataclass(frozen=True)
class Listed:
    """A place as the form lists it: its code, which is sent again, and its name."""

    code: str
    name: str


def meant(session: Session, form: PlaceForm) -> Meant:
    """The places that were chosen before, after the one in the field; none where the form names a whole area."""
    there = the_place(session, form)
    if there.choices is not None:
        return there
    chosen = [spot for code in form.more.data or () if (spot := _by_code(session, code)) is not None]
    return Meant(tuple(dict.fromkeys([*there.spots, *chosen])))


def the_place(session: Session, form: PlaceForm) -> Meant:
    """The one place that the field or the choice of several means."""
    if form.venue_id.data:
        try:
            chosen = UUID(form.venue_id.data)
        except ValueError:
            chosen = UUID(int=0)
        if chosen in venues.names(session, {chosen}):
            return Meant(((chosen, None),))
    text = form.venue.data or ""
    if not text:
        return Meant()
    spot = _by_code(session, text)
    if spot is not None:
        return Meant((spot,))
    found = _search(session, form, text)
    one = finding.the_one(found)
    if one is not None:
        return Meant(((one.id, None),))
    if not found:
        form.venue.errors = [gettext("Không có địa điểm nào mang tên hoặc mã này.")]
    return Meant(choices=found)


def second_place(session: Session, form: PlaceForm) -> Spot | None:
    """The second place; None with an error beside its field where the name fits none or several."""
    text, field = form.other.data or "", form.other
    spot = _by_code(session, text)
    if spot is not None:
        return spot
    found = finding.search(session, text, limit=MOST_CHOICES)
    one = finding.the_one(found)
    if one is not None:
        return one.id, None
    field.errors = [_several(found) if found else gettext("Không có địa điểm nào mang tên hoặc mã này.")]
    return None


def add(session: Session, form: PlaceForm) -> list[finding.Found] | None:
    """Put the place in the field to those chosen, and empty the field; or what it could be."""
    there = the_place(session, form)
    if there.choices is not None:
        return there.choices
    if not there.spots:
        form.venue.errors = [gettext("Ghi tên hoặc mã địa điểm, hay chọn xã, phường hoặc loại.")]
        return None
    code = code_of(session, there.spots[0])
    if code is None:
        form.venue.errors = [gettext("Nơi này không có mã đang dùng, nên chỉ tra được một mình.")]
        return None
    form.more.data = list(dict.fromkeys([*(form.more.data or ()), code]))[:MOST_PLACES]
    form.venue.data, form.venue_id.data = "", ""
    return None


def code_of(session: Session, spot: Spot) -> str | None:
    """The code in force of a place, by which the form knows it."""
    return next((door.code for door in venues.doors_of(session, spot[0]) if door.zone_id == spot[1]), None)


def listed(session: Session, form: PlaceForm) -> list[Listed]:
    """The places that were chosen before, by name."""
    found = []
    for code in (form.more.data or ())[:MOST_PLACES]:
        name = name_of(session, code)
        if name:
            found.append(Listed(code, name))
    return found


def name_of(session: Session, text: str) -> str:
    """Name of the venue and zone whose code this is; empty where it is none."""
    door = venues.door(session, normalise(text)) if diagnose(text) == "ok" else None
    if door is None:
        return ""
    name = f"{door.venue_name} – {door.zone_name}" if door.zone_name else door.venue_name
    return f"{name}, {door.commune_name}"


def keep_chosen(session: Session, form: PlaceForm) -> None:
    """Put the code of a venue chosen from several into the field, so that it need not be chosen again."""
    try:
        chosen = UUID(form.venue_id.data or "")
    except ValueError:
        return
    code = venues.own_codes(session, {chosen}).get(chosen)
    if code is not None:
        form.venue.data = code


def _by_code(session: Session, text: str) -> Spot | None:
    door = venues.door(session, normalise(text)) if diagnose(text) == "ok" else None
    return (door.venue_id, door.zone_id) if door is not None else None


def _search(session: Session, form: PlaceForm, text: str) -> list[finding.Found]:
    where = {"commune_id": form.commune.data or None, "kind": form.kind.data or None}
    return finding.search(session, text, **where, limit=MOST_CHOICES)


def _several(found: list[finding.Found]) -> str:
    names = "; ".join(f"{one.name}, {one.commune_name} ({one.code})" for one in found[:NAMED])
    return str(gettext("Tên này khớp với %(count)s địa điểm. Ghi mã, ví dụ: %(names)s.", count=len(found), names=names))
