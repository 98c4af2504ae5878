from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.bulk import insert_new
from checkin.casefacts.windows import rules_of
from checkin.cases import queries as cases
from checkin.cases import regrouping
from checkin.cases.models import OPEN_STATES
from checkin.cases.service import lock_kept
from checkin.doubles import queries
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.joins import queries as joins
from checkin.joins.models import APART, JOIN, OPEN, PART, SAME, SPLIT, Pair, PairScan, PairStep
from checkin.joins.service import regroup
from checkin.vault import Vault


def keep(session: Session, *, now: datetime, found: dict[tuple[UUID, UUID], int]) -> int:
    """Store pairs that are worth comparing; how many are new.

    One that is known becomes stronger, never weaker, and what an officer said of it stays.
    """
    if not found:
        return 0
    known = queries.likenesses(session, list(found))
    new = [
        {"id": new_id(now), "one_id": one, "other_id": other, "likeness": like, "state": OPEN, "version": 0,
         "found_at": now}
        for (one, other), like in found.items()
        if (one, other) not in known
    ]  # fmt: skip
    for (one, other), like in found.items():
        if known.get((one, other), like) > like:
            session.execute(sa.update(Pair).where(Pair.one_id == one, Pair.other_id == other).values(likeness=like))
    return insert_new(session, Pair.__table__, new)  # type: ignore[arg-type]


def record_scan(session: Session, *, now: datetime, people: int, pairs: int, large: int, largest: int) -> PairScan:
    """Say that a search ended, and what it did not compare; searches of long ago are forgotten."""
    scan = PairScan(id=new_id(now), at=now, people=people, pairs=pairs, large=large, largest=largest)
    session.add(scan)
    session.execute(sa.delete(PairScan).where(PairScan.at < now - timedelta(days=90)))
    session.flush()
    return scan


def record_search(session: Session, *, now: datetime, actor: Actor) -> None:
    """Log that years of birth are read for a search. The caller commits before it reads the first one."""
    audit.record(session, now=now, actor=actor, action="doubles.find")


def join(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    pair_id: UUID,
    seen: int,
    reason: str,
) -> Pair:
    """Say that two people are one. Nothing of theirs is rewritten; their cases keep the visits of both from here on.

    Raises DomainError: 'gone' for a pair that is no more, 'changed' where somebody acted since `seen`, 'reason' without
    one, 'cases' where they are two open cases: one of them has to be closed or given another person first.
    """
    pair = _held(session, pair_id, seen, reason)
    if pair.state == SAME:
        raise DomainError("changed")
    people = joins.everybody_of(session, [pair.one_id, pair.other_id])
    theirs = cases.of_people(session, people)
    if sum(case.state in OPEN_STATES for case in theirs) > 1:
        raise DomainError("cases")
    _say(session, vault, now, actor, pair, JOIN, SAME, reason)
    regroup(session)
    for case in theirs:
        regrouping.regroup(session, now=now, actor=actor, case=case, rules=rules_of(case))
    return pair


def part(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    pair_id: UUID,
    seen: int,
    reason: str,
) -> bool:
    """Take a joining back: everything is as it was without it. True where they are two people now, False where they
    stay one since each was joined with a third. Raises DomainError as `join` does, but for 'cases'."""
    pair = _held(session, pair_id, seen, reason)
    if pair.state != SAME:
        raise DomainError("changed")
    people = joins.everybody_of(session, [pair.one_id, pair.other_id])
    _say(session, vault, now, actor, pair, PART, OPEN, reason)
    regroup(session)
    for case in cases.of_people(session, people):
        regrouping.regroup(session, now=now, actor=actor, case=case, rules=rules_of(case))
    return pair.other_id not in joins.group_of(session, pair.one_id).members


def set_apart(
    session: Session, vault: Vault, *, now: datetime, actor: Actor, pair_id: UUID, seen: int, reason: str
) -> Pair:
    """Say that they are two people: they are offered no more. Raises DomainError: 'gone', 'changed', 'reason'."""
    pair = _held(session, pair_id, seen, reason)
    if pair.state != OPEN:
        raise DomainError("changed")
    _say(session, vault, now, actor, pair, SPLIT, APART, reason)
    return pair


def _held(session: Session, pair_id: UUID, seen: int, reason: str) -> Pair:
    """The pair, held with all that is kept for cases: of two officers the second one sees what the first one did."""
    if not reason.strip():
        raise DomainError("reason")
    lock_kept(session)
    pair = queries.one(session, pair_id, lock=True)
    if pair is None:
        raise DomainError("gone")
    if pair.version != seen:
        raise DomainError("changed")
    return pair


def _say(
    session: Session, vault: Vault, now: datetime, actor: Actor, pair: Pair, what: str, state: str, reason: str
) -> None:
    if actor.id is None:
        raise DomainError("actor")
    pair.version, pair.state = pair.version + 1, state
    step = PairStep(
        pair_id=pair.id, number=pair.version, at=now, account_id=actor.id, by_name=actor.name[:80], what=what,
        reason=vault.seal({"text": reason}),
    )  # fmt: skip
    session.add(step)
    session.flush()
    # Who they are, and what was said of them, stays with the pair.
    audit.record(session, now=now, actor=actor, action=f"doubles.{what}", subject=str(pair.id)[-12:])
