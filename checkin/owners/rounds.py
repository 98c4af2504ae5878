"""What is due now and then."""

from sqlalchemy.orm import Session

from checkin import clock, scope
from checkin.owners import service


def purge_round(session: Session) -> None:
    """Forget codes that ran out."""
    scope.enter(session, scope.SYSTEM)
    service.purge(session, now=clock.now())
