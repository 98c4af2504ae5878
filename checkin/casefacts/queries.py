from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import CaseWindow


def corrected(session: Session, case_id: UUID) -> dict[str, CaseWindow]:
    """The windows of a case that somebody corrected, by which."""
    found = session.scalars(sa.select(CaseWindow).where(CaseWindow.case_id == case_id))
    return {window.which: window for window in found}
