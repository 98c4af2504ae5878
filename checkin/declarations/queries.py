from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.declarations.models import Declaration
from checkin.declarations.triage import NOT_ASKED
from checkin.scope import rows as rows_of
from checkin.vault import Vault, VaultError


def opened(
    session: Session,
    vault: Vault,
    keys: Iterable[tuple[datetime, UUID]],
    table: sa.Table = Declaration.__table__,
) -> dict[UUID, dict[str, Any] | None]:
    """Details by declaration id; None where they cannot be opened, so that one bad row stops no list.

    `table` has the columns of the store's: it, or copies that outlive their day.
    """
    wanted = list(keys)
    found: dict[UUID, dict[str, Any] | None] = {}
    for start in range(0, len(wanted), 500):
        block = wanted[start : start + 500]
        rows = session.execute(
            sa.select(table.c.id, table.c.details).where(
                rows_of(session, table),
                # By the whole key: by id between two moments a whole day would be searched.
                sa.tuple_(table.c.made_at, table.c.id).in_(block),
                # Bounds on the day, so that only the days in question are planned.
                table.c.made_at.between(min(block)[0], max(block)[0]),
            )
        )
        for declaration_id, details in rows:
            try:
                found[declaration_id] = vault.open(details)
            except (VaultError, ValueError):
                found[declaration_id] = None
    return found


def latest_of(session: Session, person_ids: Iterable[UUID]) -> dict[UUID, Declaration]:
    """The newest declaration of each person; one without answers only where they never answered."""
    ids = list(person_ids)
    answered = sa.func.max(sa.case((Declaration.triage != NOT_ASKED, Declaration.made_at)))
    newest = (
        sa.select(Declaration.person_id, sa.func.coalesce(answered, sa.func.max(Declaration.made_at)).label("made_at"))
        .where(Declaration.person_id.in_(ids))
        .group_by(Declaration.person_id)
        .subquery()
    )
    rows = session.scalars(
        sa.select(Declaration)
        .join(
            newest,
            sa.and_(Declaration.person_id == newest.c.person_id, Declaration.made_at == newest.c.made_at),
        )
        # The one with answers last, should both be of the same moment.
        .order_by(Declaration.triage != NOT_ASKED, Declaration.id)
    )
    return {row.person_id: row for row in rows}


def sealed(session: Session, made_at: datetime, declaration_id: UUID) -> bytes | None:
    """The details of a declaration as they are sealed; None where the scope sees no such one."""
    return session.scalar(
        sa.select(Declaration.details).where(
            rows_of(session, Declaration), Declaration.made_at == made_at, Declaration.id == declaration_id
        )
    )
