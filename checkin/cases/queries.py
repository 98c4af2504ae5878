import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import OPEN_STATES, Case

# The column's largest number: an address may hold any.
LARGEST = 2**31 - 1


def by_number(session: Session, number: str) -> Case | None:
    """The case with a number such as F0-0187, in any letter case; None when there is none."""
    match = re.fullmatch(r"(?:f0-?)?0*(\d{1,9})", number.strip().lower())
    return session.scalar(sa.select(Case).where(Case.seq == int(match[1]))) if match else None


def open_cases(session: Session, limit: int = 200) -> list[Case]:
    """Cases that are being worked on, newest first."""
    return list(
        session.scalars(sa.select(Case).where(Case.state.in_(OPEN_STATES)).order_by(Case.seq.desc()).limit(limit))
    )


def newest(session: Session, before: int | None, limit: int = 100) -> list[Case]:
    """A page of cases in any state, newest first, below the running number `before`."""
    query = sa.select(Case).order_by(Case.seq.desc()).limit(limit)
    return list(session.scalars(query if before is None else query.where(Case.seq < max(0, min(before, LARGEST)))))
