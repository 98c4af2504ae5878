"""Looking through the log for use that stands out, and keeping what was found until somebody has seen it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.audit import queries, service
from checkin.audit.models import plain
from checkin.audit.signals import gathering_lookups
from checkin.audit.unusual import ACTIONS, Asked, Bounds, Use, find, new_times

# What was found earlier stays found; only the last days are looked through again.
LOOKED_AGAIN = timedelta(days=14)


def look(session: Session, *, now: datetime) -> int:
    """Keep what stands out in the last days; returns how many findings there are. The caller commits."""
    service.lock_chain(session)
    bounds = Bounds.from_dict(context.rules(clock.to_local(now).date())["oversight"]["unusual"])
    since = now - LOOKED_AGAIN
    start = since - bounds.reach
    # Lookups are the officers'; what comes of them here is numbers of entries and counts.
    with scope.under(session, scope.SYSTEM):
        uses = [_use(row) for row in queries.used_since(session, start, ACTIONS)]
        asked: list[Asked] = [one for _, answer in gathering_lookups.send(session, since=start) for one in answer or ()]
        found = find(uses, asked, bounds, now=now, since=since)
        service.keep_findings(session, found, now=now)
    return len(found)


def look_round(session: Session) -> None:
    """The same in the server's hourly round."""
    look(session, now=clock.now())


def _use(row: Any) -> Use:
    detail = plain(row.detail)
    times = detail.get("times", 1)
    due = detail.get("due")
    return Use(
        seq=row.seq,
        at=row.at,
        account=str(row.actor_id) if row.actor_id else row.actor,
        who=row.actor,
        action=row.action,
        subject=row.subject,
        case_number=row.case_number,
        rows=row.rows,
        times=new_times(times) if isinstance(times, int) else 1,
        due=_moment(due) if isinstance(due, str) else None,
        lookup=str(detail.get("lookup") or ""),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
