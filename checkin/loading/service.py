from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.bulk import insert_new
from checkin.declarations import service as declarations
from checkin.declarations.models import Declaration
from checkin.declarations.told import Told
from checkin.loading.rows import Entry
from checkin.people import service as people
from checkin.people.identity import indexes
from checkin.people.service import Teller
from checkin.vault import Vault
from checkin.visits import service as visits
from checkin.visits.models import DESK, GUESSED, Visit

CHANNEL = "loaded"
ACTOR = Actor.command("visits load")
_UNKNOWN = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The rows of many entries, all but the person, whom only the database knows."""

    tellers: list[Teller]
    declarations: list[dict[str, Any]]
    visits: list[dict[str, Any]]


def prepare(vault: Vault, entries: Sequence[Entry]) -> Prepared:
    """Everything that needs no database: indexes and sealed details, most of the work."""
    made = Prepared([], [], [])
    for entry in entries:
        who, entered_at = entry.who, entry.entered_at
        told = indexes(
            vault,
            full_name=who.full_name,
            birth_year=who.birth_year,
            id_number=who.id_number,
            phone=who.phone,
        )
        # One id for the three: each is the same again when the file is loaded again.
        made.tellers.append(Teller(told, who.commune_id, entry.id))
        made.declarations.append(
            declarations.row(
                vault,
                declaration_id=entry.id,
                made_at=entered_at,
                person_id=_UNKNOWN,
                rules=entry.rules,
                told=Told(who=who, answers=None),
            )
        )
        made.visits.append(
            visits.row(
                visit_id=entry.id,
                entered_at=entered_at,
                venue_id=entry.door.venue_id,
                zone_id=entry.door.zone_id,
                person_id=_UNKNOWN,
                declaration=(entry.id, entered_at),
                guess=entry.guess,
                left_at=entry.left_at,
                end_set_by=GUESSED if entry.left_at is None else DESK,
                channel=CHANNEL,
                device=None,
                group_id=None,
                full_name=who.full_name,
            )
        )
    return made


def store(session: Session, prepared: Prepared, *, now: datetime) -> int:
    """Store what is not there yet; returns the number of new visits. The tables of the days are there."""
    persons = people.identify_all(session, now=now, tellers=prepared.tellers)
    for rows in (prepared.declarations, prepared.visits):
        for row, person in zip(rows, persons, strict=True):
            row["person_id"] = person
    insert_new(session, Declaration.__table__, prepared.declarations)  # type: ignore[arg-type]
    return insert_new(session, Visit.__table__, prepared.visits)  # type: ignore[arg-type]


def record_start(session: Session, *, now: datetime, sha256: str) -> None:
    """Log that a file is being loaded, before its first row is: by its hash, since its name may hold one."""
    audit.record(session, now=now, actor=ACTOR, action="visits.load.begin", detail={"sha256": sha256})


def record_end(session: Session, *, now: datetime, sha256: str, counts: dict[str, int], whole: bool) -> None:
    """Log what came of it; `whole` is False where it stopped before the end."""
    audit.record(
        session,
        now=now,
        actor=ACTOR,
        action="visits.load",
        rows=counts["created"],
        detail={"sha256": sha256, "whole": whole, **counts},
    )
