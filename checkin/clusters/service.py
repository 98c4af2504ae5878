from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.clusters.models import NEW, PILE, STATES, Signal, SignalStep
from checkin.errors import DomainError
from checkin.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a round found: the numbers of a signal, before it is known whether there is one already."""

    kind: str
    start: datetime
    end: datetime
    count: int
    disease: str | None = None
    venue_id: UUID | None = None
    zone_id: UUID | None = None
    commune_id: str | None = None
    gap_minutes: int | None = None
    expected: float | None = None

    def is_of(self, signal: Signal) -> bool:
        """True where it is this signal again: the same place, zone and disease, at times that touch; of piles days on
        end."""
        return self.zone_id == signal.zone_id and self._touches(signal)

    def is_rest_of(self, signal: Signal) -> bool:
        """True where it can be this signal after somebody left or was corrected: no longer the whole place but one
        zone of it, or the other way round. Never another zone, where others are."""
        return self.zone_id != signal.zone_id and None in (self.zone_id, signal.zone_id) and self._touches(signal)

    def _touches(self, signal: Signal) -> bool:
        same = (signal.kind, signal.disease, signal.venue_id, signal.commune_id)
        near = timedelta(hours=1) if self.kind == PILE else timedelta()
        return (
            same == (self.kind, self.disease, self.venue_id, self.commune_id)
            and signal.start <= self.end + near
            and signal.end + near >= self.start
        )


def keep(
    session: Session, *, now: datetime, known: list[Signal], found: Found, among: Sequence[Found], again: float
) -> Signal:
    """Keep what was found: a new signal, or the one of `known` that it is, with the numbers of now.

    `among` is all that the round found: a signal that is none of it goes on as what is left of it, with what was said.
    What somebody has looked at is unseen again once more than `again` times as many as then are in it. The caller
    holds the lock of the log, so that two rounds do not find the same.
    """
    signal = next((one for one in known if found.is_of(one)), None)
    if signal is None:
        left = (one for one in known if found.is_rest_of(one) and not any(other.is_of(one) for other in among))
        signal = next(left, None)
    if signal is None:
        last = session.scalar(sa.select(sa.func.max(Signal.seq))) or 0
        signal = Signal(
            id=new_id(now), seq=last + 1, kind=found.kind, disease=found.disease, venue_id=found.venue_id,
            zone_id=found.zone_id, commune_id=found.commune_id, found_at=now, changed_at=now, state=NEW, count=0,
            count_seen=0, version=0,
        )  # fmt: skip
        session.add(signal)
        known.append(signal)
    if found.count > signal.count:
        signal.changed_at = now
    signal.zone_id, signal.start, signal.end = found.zone_id, found.start, found.end
    signal.count, signal.gap_minutes, signal.expected = found.count, found.gap_minutes, found.expected
    if signal.state != NEW and found.count > signal.count_seen * again:
        signal.state = NEW
    session.flush()
    return signal


def let_go(session: Session, signal: Signal) -> None:
    """Take away a signal that is none any more and about which nobody has said anything."""
    if signal.state == NEW and signal.version == 0:
        session.delete(signal)
        session.flush()


def say(
    session: Session, *, now: datetime, actor: Actor, signal: Signal, seen: int, state: str, note: str
) -> SignalStep:
    """Put down what an officer says about a signal: that it was seen, is followed up, or is nothing.

    `seen` is the version that they looked at. Raises DomainError: 'state', 'note' where it is to be nothing and nobody
    says why, or 'changed' where another one was first.
    """
    if state not in STATES or state == NEW:
        raise DomainError("state")
    if state == "nothing" and not note:
        raise DomainError("note")
    audit.lock_chain(session)
    session.refresh(signal)
    if signal.version != seen or actor.id is None:
        raise DomainError("changed")
    signal.version += 1
    signal.state, signal.count_seen, signal.changed_at = state, signal.count, now
    step = SignalStep(
        signal_id=signal.id, number=signal.version, at=now, account_id=actor.id, by_name=actor.name, state=state,
        count=signal.count, note=note,
    )  # fmt: skip
    session.add(step)
    audit.record(session, now=now, actor=actor, action=f"signal.{state}", subject=signal.number, reason=note or None)
    session.flush()
    return step


def reading(session: Session, *, now: datetime, actor: Actor, signal: Signal) -> None:
    """Put on record that somebody opens the cases of a signal; the caller commits before it reads them."""
    audit.record(session, now=now, actor=actor, action="signal.read", subject=signal.number)
