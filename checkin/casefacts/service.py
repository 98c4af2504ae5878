from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.casefacts import queries
from checkin.cases import queries as all_cases
from checkin.cases import service as cases
from checkin.cases.history import step
from checkin.cases.models import DETECTED, FORWARD, SOURCE, Case, CaseWindow
from checkin.cases.signals import disease_changed
from checkin.declarations.triage import SYMPTOMS
from checkin.errors import DomainError
from checkin.movements import service as movements
from checkin.movements.models import ToldMove
from checkin.rules import RuleSet
from checkin.vault import Vault


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a case but its state and its person; `symptoms` None where nobody asked."""

    title: str
    disease: str
    onset_on: date | None
    sample_on: date | None
    isolated_on: date | None
    isolated_where: str | None
    commune_id: str | None
    detected: str | None
    symptoms: list[str] | None


def change(session: Session, *, now: datetime, actor: Actor, case: Case, seen: int, facts: Facts) -> list[str]:
    """Write down what is known of the case; returns which facts are other ones now.

    Raises DomainError: 'changed' where somebody else did something meanwhile, 'detected', 'symptoms' for what is none.
    """
    if facts.detected not in (None, *DETECTED):
        raise DomainError("detected")
    if set(facts.symptoms or ()) - set(SYMPTOMS):
        raise DomainError("symptoms")
    cases.hold(session, case, seen)
    changed: dict[str, Any] = {}
    for field in fields(facts):
        before, after = getattr(case, field.name), getattr(facts, field.name)
        if before != after:
            changed[field.name] = [_plain(before), _plain(after)]
            setattr(case, field.name, after)
    if changed:
        step(session, now=now, actor=actor, case=case, what="facts", detail=changed)
        if "disease" in changed:
            disease_changed.send(session, case=case)
        cases.record(session, now, actor, case, "case.facts", {"changed": sorted(changed)})
    return sorted(changed)


def correct(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    seen: int,
    which: str,
    start: datetime | None,
    end: datetime | None,
    reason: str,
) -> None:
    """Put an officer's start or end (UTC), or both, in the place of what the rules count; the reason stays beside it.

    Raises DomainError: 'changed', 'which', 'reason' without one, 'times' where there is neither or they are no window.
    """
    if which not in (FORWARD, SOURCE):
        raise DomainError("which")
    if not reason.strip():
        raise DomainError("reason")
    if (start is None and end is None) or (start and end and start >= end) or max(start or now, end or now) > now:
        raise DomainError("times")
    cases.hold(session, case, seen)
    window = queries.corrected(session, case.id).get(which)
    before = _shown(window)
    if window is None:
        window = CaseWindow(case_id=case.id, which=which)
        session.add(window)
    window.start, window.end, window.reason = start, end, reason
    window.at, window.by_name = now, actor.name[:80]
    detail = {which: [before, _shown(window)]}
    step(session, now=now, actor=actor, case=case, what="window", detail=detail, reason=reason)
    cases.record(session, now, actor, case, "case.window", {"which": which}, reason=reason)


def take_back(session: Session, *, now: datetime, actor: Actor, case: Case, seen: int, which: str) -> None:
    """Let the rules count a window again. Raises DomainError: 'changed', 'which' where nobody corrected it."""
    cases.hold(session, case, seen)
    window = queries.corrected(session, case.id).get(which)
    if window is None:
        raise DomainError("which")
    session.delete(window)
    step(session, now=now, actor=actor, case=case, what="window_back", detail={which: [_shown(window), None]})
    cases.record(session, now, actor, case, "case.window_back", {"which": which})


def count_anew(
    session: Session, *, now: datetime, actor: Actor, case: Case, seen: int, today: date, reason: str | None = None
) -> None:
    """Have the case go by the rules of `today` from here on. Raises DomainError('changed')."""
    cases.hold(session, case, seen)
    before, case.rules_on = case.rules_on, today
    detail = {"rules_on": [_plain(before), _plain(today)]}
    step(session, now=now, actor=actor, case=case, what="rules", detail=detail, reason=reason)
    cases.record(session, now, actor, case, "case.rules", {"from": str(before), "to": str(today)}, reason=reason)


def interviewed(session: Session, *, now: datetime, actor: Actor, case: Case) -> bool:
    """Say that the case was interviewed; False where somebody said so before. Whoever calls holds the case."""
    if case.interviewed_at is not None:
        return False
    case.interviewed_at, case.interviewed_by_name = now, actor.name[:80]
    step(session, now=now, actor=actor, case=case, what="interview")
    cases.record(session, now, actor, case, "case.interview", {})
    return True


def tell(
    session: Session,
    vault: Vault,
    *,
    now: datetime,
    actor: Actor,
    case: Case,
    person_id: UUID,
    said: movements.Said,
    rules_of: Callable[[Case], RuleSet],
) -> ToldMove:
    """Note a movement of the case's person, or of one of its contacts; what belongs to cases of theirs is kept anew.

    The first one of the case's own says that it was interviewed. Raises DomainError as `movements.service.tell`.
    """
    cases.hold(session, case)
    move = movements.tell(session, vault, now=now, actor=actor, case_id=case.id, person_id=person_id, said=said)
    if person_id == case.person_id:
        interviewed(session, now=now, actor=actor, case=case)
    step(session, now=now, actor=actor, case=case, what="told")
    _keep(session, now, actor, person_id, rules_of)
    cases.record(session, now, actor, case, "case.tell", {"own": person_id == case.person_id})
    return move


def take_move_back(
    session: Session, *, now: datetime, actor: Actor, case: Case, move: ToldMove, rules_of: Callable[[Case], RuleSet]
) -> None:
    """Say that what was told counts no more. Raises DomainError('changed') where somebody said so before."""
    cases.hold(session, case)
    person_id = move.person_id
    movements.take_back(session, now=now, actor=actor, move=move)
    step(session, now=now, actor=actor, case=case, what="told_back")
    _keep(session, now, actor, person_id, rules_of)
    cases.record(session, now, actor, case, "case.tell_back", {"own": person_id == case.person_id})


def _keep(session: Session, now: datetime, actor: Actor, person_id: UUID, rules_of: Callable[[Case], RuleSet]) -> None:
    for case in all_cases.keeping_of(session, person_id):
        cases.freeze(session, now=now, actor=actor, case=case, rules=rules_of(case))


def record_reading(session: Session, *, now: datetime, actor: Actor, case: Case) -> None:
    """Log that movements are read. The caller commits before it opens the first one."""
    number = case.number
    audit.record(session, now=now, actor=actor, action="case.movements", subject=number, case_number=number, rows=1)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _shown(window: CaseWindow | None) -> list[str | None] | None:
    return [one.isoformat() if one else None for one in (window.start, window.end)] if window else None
