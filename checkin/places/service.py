from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.fold import fold
from checkin.places import rows
from checkin.places.models import REFORM, Place, Successor

LAST_OLD_DAY = REFORM - timedelta(days=1)


def load(session: Session) -> int:
    """Fill the tables of places from the CSV files; returns the number of places. Run on empty tables."""
    values = [*_present(), *_old()]
    session.execute(sa.insert(Place), values)
    successors = [
        {"old_id": f"{rows.OLD_COMMUNE}-{row.old_code}", "new_id": row.new_code, "main": row.main}
        for row in rows.read_successors()
    ]
    session.execute(sa.insert(Successor), successors)
    return len(values)


def set_station_phone(session: Session, *, now: datetime, actor: Actor, commune_id: str, phone: str) -> str | None:
    """Keep the phone of a commune's health station, none where it is empty, and log it.

    The commune's name; None where the code is of no commune of today.
    """
    found = session.get(Place, commune_id)
    if found is None or found.level != "commune" or found.valid_to is not None:
        return None
    found.station_phone = phone or None
    audit.record(session, now=now, actor=actor, action="station.phone", subject=commune_id, detail={"set": bool(phone)})
    session.flush()
    return found.full_name


def _present() -> Iterator[dict[str, Any]]:
    for row in rows.read_provinces():
        yield _place(row, "province", None) | {"valid_from": REFORM}
    for row in rows.read_communes():
        yield _place(row, "commune", row.parent) | {"valid_from": REFORM}


def _old() -> Iterator[dict[str, Any]]:
    for row in rows.read_old_provinces():
        yield _place(row, "province", None) | {"valid_to": LAST_OLD_DAY}
    for row in rows.read_old_districts():
        yield _place(row, "district", f"{rows.OLD_PROVINCE}-{row.parent}") | {"valid_to": LAST_OLD_DAY}
    for row in rows.read_old_communes():
        yield _place(row, "commune", f"{rows.OLD_DISTRICT}-{row.parent}") | {"valid_to": LAST_OLD_DAY}


def _place(row: rows.PlaceRow, level: str, parent_id: str | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "code": row.code,
        "level": level,
        "kind": row.kind,
        "name": row.name,
        "name_en": row.name_en or row.name,
        "name_fold": fold(row.name),
        "parent_id": parent_id,
        "population": row.population,
        "latitude": row.lat,
        "longitude": row.lon,
        "valid_from": None,
        "valid_to": None,
        "station_phone": None,
    }
