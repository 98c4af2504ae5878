"""The ranking of whom a case met: kept where it takes its time to make, and gone once what it was made of changes."""

from typing import Any

from sqlalchemy.orm import Session

from checkin.cases import service as cases
from checkin.cases.models import Case
from checkin.cases.signals import kept_changed
from checkin.exposure import queries, service
from checkin.exposure.contacting import Contacting
from checkin.exposure.models import Lookup

# Of one case, by lookups that ask differently.
MOST_KEPT = 2


def connect() -> None:
    """Listen to the cases; once is as good as twice."""
    kept_changed.connect(_forget)


def _forget(session: Session, *, cases: Any) -> None:
    service.forget_ranked(session, cases)


def keep(session: Session, lookup: Lookup, case: Case) -> None:
    """Rank whom the case met and keep it; nothing where what is kept for cases changes at this moment. The caller
    commits."""
    if not cases.try_kept(session):
        return
    # Read anew: what was read before may have changed until nobody else could change it.
    found = Contacting(session, lookup, case)
    made_of, known = found.made_of(session), queries.rankings(session, case.id)
    if made_of in known:
        return  # somebody else kept it meanwhile
    if len(known) >= MOST_KEPT:
        # None of them by choice: two that took one another's place would never be found.
        service.forget_ranked(session, [case.id])
    service.keep_ranked(session, found.asked(), made_of)
