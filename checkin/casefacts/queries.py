from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import CaseStep, CaseWindow


def corrected(session: Session, case_id: UUID) -> dict[str, CaseWindow]:
    """The windows of a case that somebody corrected, by which."""
    found = session.scalars(sa.select(CaseWindow).where(CaseWindow.case_id == case_id))
    return {window.which: window for window in found}


@dataclass(frozen=True)
class From:
    """The declaration that a case was opened from: when it was made, its id, and the lookup that showed it."""

    made_at: datetime
    id: str
    lookup: str


def declared_from(session: Session, case_id: UUID) -> From | None:
    """What the case was opened from, while it has the person of it; None for one that was opened otherwise."""
    query = sa.select(CaseStep).where(CaseStep.case_id == case_id, CaseStep.what.in_(("link", "unlink")))
    last = session.scalar(query.order_by(CaseStep.number.desc()).limit(1))
    return from_step(last) if last is not None else None


def from_step(step: CaseStep) -> From | None:
    """The declaration that a step of linking names."""
    key = (step.detail or {}).get("declared")
    if step.what != "link" or not isinstance(key, list) or len(key) != 2:
        return None
    try:
        return From(datetime.fromisoformat(str(key[0])), str(key[1]), str(step.detail.get("lookup") or ""))
    except ValueError:
        return None
