"""What was done to a case, one step after the other: who, when, what changed."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checkin.audit.entry import Actor
from checkin.cases.models import Case, CaseStep


def step(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    what: str,
    detail: dict[str, Any] | None = None,
    reason: str | None = None,
) -> None:
    """Write the next step down; the case has a new version from here on. Whoever calls holds the case."""
    case.version = (case.version or 0) + 1
    session.add(
        CaseStep(
            case_id=case.id,
            number=case.version,
            at=now,
            account_id=actor.id,
            by_name=actor.name[:80],
            what=what,
            detail=detail or {},
            reason=reason,
        )
    )
    session.flush()
