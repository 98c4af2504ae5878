"""How a run stands, as pages and the terminal say it."""

from datetime import datetime

from checkin import clock
from checkin.derivations import service
from checkin.derivations.models import STOPPED, TODAY, Derivation

DIED = "died"


def state_of(run: Derivation, now: datetime) -> str:
    """The state of a run; `died` where no process works on it, though none said that it ended."""
    return DIED if service.has_died(run, now) else run.state


def may_go_on(run: Derivation, now: datetime) -> bool:
    """Whether a run was broken off lately enough to be gone on with; one that takes "today's" rules on that day alone,
    since a later one may have brought cases to newer ones."""
    still = run.rules != TODAY or run.rules_on == clock.to_local(now).date()
    return still and state_of(run, now) in (STOPPED, DIED) and run.asked_at > now - service.GOES_ON


def seconds_left(run: Derivation, now: datetime) -> float | None:
    """How long the rest of a run takes, as fast as it has been since it was taken up last; None where that says
    nothing yet."""
    worked = run.done - run.begun_from
    if run.begun_at is None or worked <= 0 or now <= run.begun_at or run.done >= run.total:
        return None
    return (run.total - run.done) * (now - run.begun_at).total_seconds() / worked
