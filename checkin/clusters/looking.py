"""Looking for signals: what the hourly round, the command and the button on the page do."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock, context, scope
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.clusters import queries, service
from checkin.clusters.models import CLUSTER, PILE, Signal
from checkin.clusters.piles import Bounds, pile
from checkin.clusters.service import Found
from checkin.clusters.shared import Group, Limits, groups
from checkin.clusters.stays import known_stays

ACTOR = Actor.command("signals find")


def look(session: Session, *, now: datetime, actor: Actor = ACTOR, symptoms: bool = True) -> tuple[int, int]:
    """Find what stands out now: how many groups of cases, and places where symptoms pile up. The caller commits.

    That somebody looks is on record before the first stay of a case is read. Doing it again changes nothing. Without
    `symptoms` cases alone are looked at, which takes no time; see docs/signals.md.
    """
    rules = context.rules(clock.to_local(now).date())["signals"]
    limits, bounds = Limits.from_dict(rules["clusters"]), Bounds.from_dict(rules["piles"])
    since = _since(now, limits)
    # Holds the log, so that no two look at once; what is read afterwards is in the same transaction.
    audit.record(session, now=now, actor=actor, action="signal.find", detail={"symptoms": int(symptoms)})
    with scope.under(session, scope.SYSTEM):
        known = queries.ending_after(session, min(since, now - timedelta(days=bounds.days)))
        shared = [_of_cases(group) for group in groups(known_stays(session, since), limits)]
        kept = _keep(session, now, known, shared, 1)
        for signal in known:
            if signal.kind == CLUSTER and signal.start >= since and signal.id not in kept:
                service.let_go(session, signal)
        piled = _piles(session, now, bounds) if symptoms else []
        _keep(session, now, known, piled, bounds.again_ratio)
    return len(shared), len(piled)


def look_round(session: Session) -> None:
    """The same in the server's hourly round."""
    look(session, now=clock.now())


def cases_of(session: Session, signal: Signal, *, now: datetime) -> Group | None:
    """The stays that make a cluster, as they are kept now; None where they are none any more."""
    if signal.disease is None or signal.venue_id is None:
        return None
    limits = Limits.from_dict(context.rules(clock.to_local(now).date())["signals"]["clusters"])
    # From where the round looks, so that what hangs together now does so here.
    since = min(signal.start, _since(now, limits))
    stays = known_stays(session, since, signal.disease, signal.venue_id)
    here = groups(stays, limits)
    found = [group for group in here if _of_cases(group).is_of(signal)]
    if not found and signal.zone_id is None:
        # Of a whole place what is left of it, though all of that be in one zone.
        found = [group for group in here if _of_cases(group).is_rest_of(signal)]
    return found[0] if found else None


def _since(now: datetime, limits: Limits) -> datetime:
    return clock.day_bounds(clock.to_local(now).date() - timedelta(days=limits.days_back))[0]


def _keep(session: Session, now: datetime, known: list[Signal], found: list[Found], again: float) -> set[UUID]:
    kept = (service.keep(session, now=now, known=known, found=one, among=found, again=again) for one in found)
    return {signal.id for signal in kept}


def _of_cases(group: Group) -> Found:
    start, end = group.span
    return Found(
        kind=CLUSTER, disease=group.stays[0].disease, venue_id=group.stays[0].venue_id, zone_id=group.zone_id,
        start=start, end=end, count=group.people, gap_minutes=group.gap_minutes,
    )  # fmt: skip


def _piles(session: Session, now: datetime, bounds: Bounds) -> list[Found]:
    today = clock.to_local(now).date()
    first = queries.first_whole_day(session)
    if first is None:
        return []
    homes: dict[str, Counter[date]] = {}
    venues: dict[UUID, Counter[date]] = {}
    for back in range(bounds.days):
        day = today - timedelta(days=back)
        here, there = queries.ill(session, day)
        for home, people in here.items():
            homes.setdefault(home, Counter())[day] = people
        for venue, people in there.items():
            venues.setdefault(venue, Counter())[day] = people
    found = [
        *_of_places("commune_id", homes, today, first, bounds),
        *_of_places("venue_id", venues, today, first, bounds),
    ]
    return sorted(found, key=lambda one: (-one.count, str(one.commune_id or one.venue_id)))


def _of_places(column: str, counts: dict[Any, Counter[date]], today: date, first: date, bounds: Bounds) -> list[Found]:
    found = []
    for place, by_day in counts.items():
        one = pile(by_day, today, first, bounds)
        if one is not None:
            start = clock.day_bounds(today - timedelta(days=one.days - 1))[0]
            end = clock.day_bounds(today)[1] - timedelta(microseconds=1)
            where: dict[str, Any] = {column: place}
            found.append(Found(kind=PILE, start=start, end=end, count=one.count, expected=one.expected, **where))
    return found
