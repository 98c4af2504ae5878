"""A day of the store that nobody made a table for: it is made, and what was asked is done again."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from checkin import clock
from checkin.db import db, missing_day
from checkin.visits import service

R = TypeVar("R")
# Whoever made the day is seen to have made it a moment before the server tells its other connections: these then find
# the table by its name and insert as if there were none. To ask again is enough.
TRIES = 4


def with_day(now: datetime, act: Callable[[], R]) -> R:
    """What `act` gives, also on a day that nobody made a table for."""
    for _ in range(TRIES - 1):
        try:
            return act()
        except IntegrityError as error:
            if not missing_day(error):
                raise
            session = db.session()
            session.rollback()
            service.open_day(session, clock.to_local(now).date())
            # Committed by itself: others wait for the new table until then.
            session.commit()
    return act()
