"""Whom lookups by person asked for, told to the log: as blind indexes, which read as nothing."""

from datetime import datetime

from sqlalchemy.orm import Session

from checkin.audit.signals import gathering_lookups
from checkin.audit.unusual import Asked
from checkin.exposure import queries


def connect() -> None:
    """Answer the log; once is as good as twice."""
    gathering_lookups.connect(asked_since)


def asked_since(session: Session, *, since: datetime) -> list[Asked]:
    """The lookups by person made since then, with whom they asked for."""
    found = []
    for row in queries.persons_asked(session, since):
        indexes = {"id": row.id_index, "phone": row.phone_index, "name": row.name_index}
        people = frozenset((kind, bytes(value)) for kind, value in indexes.items() if value is not None)
        found.append(Asked(row.number, row.made_at, str(row.made_by), row.made_by_name, people))
    return found
