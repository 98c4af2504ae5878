from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import scope
from checkin.audit import service as audit
from checkin.audit.entry import Actor
from checkin.casefacts import service as casefacts
from checkin.cases import derived, deriving
from checkin.cases import service as cases
from checkin.cases.models import Case, number_of
from checkin.db import is_postgresql
from checkin.derivations import queries
from checkin.derivations.models import (
    DONE,
    MOST_NAMED,
    RUNNING,
    STOPPED,
    TODAY,
    UNFINISHED,
    WAITING,
    Derivation,
)
from checkin.derivations.queries import Which
from checkin.errors import DomainError
from checkin.ids import new_id
from checkin.rules import RuleSet

# A process that says nothing for so long has died: it says something every second.
SILENT = timedelta(seconds=60)
# So long one that was broken off is gone on with: afterwards what it began with is too old to be called derived.
GOES_ON = timedelta(days=1)
# Any number that nothing else uses: one at a time decides which run there is.
RUNS_LOCK = 0x44455256
RulesOn = Callable[[date], RuleSet]


class CaseFailed(Exception):
    """The case of this running number could not be derived."""

    def __init__(self, seq: int) -> None:
        super().__init__(number_of(seq))
        self.seq = seq


def ask(
    session: Session,
    *,
    now: datetime,
    actor: Actor,
    which: Which,
    rules: str,
    rules_on: date,
    reason: str | None = None,
    anew: bool = False,
) -> Derivation:
    """A run over these cases, for a process to take up: the one that is going on where it is alike; else the one of
    before where it was broken off, is alike and no day old, unless it is wanted `anew`. The caller commits at once.

    Raises DomainError: 'reason' where they are to take today's rules and none is given, 'going' where a process works
    on another run.
    """
    told = (reason or "").strip()[:500] or None
    if rules == TODAY and not told:
        raise DomainError("reason")
    _lock(session)
    for run in queries.unfinished(session, now - GOES_ON):
        alike = _is_alike(run, which, rules, rules_on, told)
        if run.state in (WAITING, RUNNING) and not _is_left(run, now):
            if alike:
                return run
            raise DomainError("going")
        if alike and not anew:
            _take_up(session, now, actor, run)
            return run
    # What was broken off before goes on where somebody asks for it, and no process takes it up by itself any more.
    session.execute(
        sa.update(Derivation).where(Derivation.state.in_(UNFINISHED)).values(state=STOPPED),
        execution_options={"synchronize_session": False},
    )
    run = Derivation(
        id=new_id(now), asked_at=now, asked_by=actor.id, asked_by_name=actor.name[:80],
        numbers=None if which.seqs is None else sorted(which.seqs), disease=which.disease, rules=rules,
        rules_on=rules_on, reason=told, state=WAITING, last_seq=0,
        until_seq=queries.last_case(session), done=0, failed=0, total=0, changed=0, restated=0, came=0, went=0,
        begun_from=0,
    )  # fmt: skip
    run.total = queries.rest(session, run)
    session.add(run)
    session.flush()
    _record(session, now, actor, run, "case.derive", {"cases": run.total, "disease": run.disease or ""})
    return run


def go_on(session: Session, *, now: datetime, actor: Actor, run_id: UUID) -> Derivation:
    """Have a run taken up again where it was broken off. Raises DomainError('going') where it, or another one, goes on
    by itself, or it is done."""
    _lock(session)
    others = [run for run in queries.going(session) if not _is_left(run, now)]
    run = queries.run_of(session, run_id, hold=True)
    if run is None or run.state == DONE or others:
        raise DomainError("going")
    _take_up(session, now, actor, run)
    return run


def stop(session: Session, *, now: datetime, actor: Actor, run_id: UUID, problem: str | None = None) -> bool:
    """Have a run end after the cases that are being worked on; False where it has ended. `problem` is why, where nobody
    wanted it to."""
    run = queries.run_of(session, run_id, hold=True)
    if run is None or run.state not in (WAITING, RUNNING):
        return False
    run.state, run.problem, run.finished_at = STOPPED, problem, now
    session.flush()
    why: dict[str, object] = {"problem": problem} if problem else {}
    _record(session, now, actor, run, "case.derive_stop", {"done": run.done, **why})
    return True


def claim(session: Session, *, now: datetime, run_id: UUID | None = None) -> Derivation | None:
    """The run that a process takes up, this one or the next that waits or was left; None where there is none. The
    caller commits at once."""
    _lock(session)
    for run in queries.going(session):
        if run_id in (None, run.id) and (run_id or _is_free(run, now)):
            if _is_free(run, now):
                run.begun_at, run.begun_from = now, run.done
            run.state, run.beat_at = RUNNING, now
            session.flush()
            return run
    return None


def beat(session: Session, *, now: datetime, run_id: UUID) -> None:
    """Say that a process lives that works on this run."""
    session.execute(
        sa.update(Derivation).where(Derivation.id == run_id, Derivation.state == RUNNING).values(beat_at=now)
    )


def has_died(run: Derivation, now: datetime) -> bool:
    """True where the process that worked on it has been silent for too long, or none took it up."""
    return run.state in (WAITING, RUNNING) and _is_left(run, now)


def advance(session: Session, *, now: datetime, actor: Actor, run_id: UUID, rules_on: RulesOn, limit: int) -> bool:
    """Derive the next cases of a run, so many at most, and say in the run that they are done, in one transaction that
    the caller commits; False where none is left, or somebody stopped it. Nothing is done where it goes on in another
    name than the actor's by now.

    Raises CaseFailed where one case alone was asked for and it could not be derived: the caller rolls back.
    """
    # First of all, as everybody who changes what is kept: two processes take turns, and none the same case.
    cases.lock_kept(session)
    run = queries.run_of(session, run_id, hold=True)
    if run is None or run.state != RUNNING:
        return False
    if run.worker != actor.id:
        return True
    ids = queries.next_cases(session, run, limit)
    if not ids:
        run.state, run.finished_at, run.beat_at = DONE, now, now
        session.flush()
        counts = {name: getattr(run, name) for name in ("done", "failed", "changed", "restated", "came", "went")}
        _record(session, now, actor, run, "case.derived", counts)
        return False
    # People are read for these cases; the wall wants one of them.
    scope.bind(session, ids[0])
    found = derived.held(session, ids)
    try:
        _derive(session, now, actor, run, found, rules_on)
    except Exception as error:
        if limit > 1:
            raise
        raise CaseFailed(found[0].seq) from error
    run.done, run.last_seq, run.beat_at = run.done + len(found), found[-1].seq, now
    session.flush()
    return True


def skip(session: Session, *, now: datetime, run_id: UUID, seq: int) -> None:
    """Go on without a case that could not be derived, and name it."""
    cases.lock_kept(session)
    run = queries.run_of(session, run_id, hold=True)
    if run is None or run.last_seq >= seq:
        return  # another process was there meanwhile
    run.done, run.failed, run.last_seq, run.beat_at = run.done + 1, run.failed + 1, seq, now
    run.failures = [*(run.failures or []), number_of(seq)][:MOST_NAMED]
    session.flush()


def _derive(
    session: Session, now: datetime, actor: Actor, run: Derivation, found: list[Case], rules_on: RulesOn
) -> None:
    """What is kept of these cases, by the rules that the run is for; then their history and the log."""
    today = rules_on(run.rules_on)
    before = {case.id: rules_on(case.rules_on) for case in found}
    after = {case_id: today if run.rules == TODAY else rules for case_id, rules in before.items()}
    spans = [(case, deriving.whole(case, after[case.id], now)) for case in found]
    changes, entries = cases.freeze_spans(session, now=now, actor=actor, spans=spans)
    for case in found:
        change = changes.get(case.id, deriving.Change())
        restated = is_older(before[case.id], after[case.id])
        if restated:
            casefacts.count_anew(
                session, now=now, actor=actor, case=case, seen=case.version, today=run.rules_on, reason=run.reason
            )
        run.restated += restated
        run.changed += bool(change.rows)
        run.came += change.came
        run.went += change.went
    for record in entries:
        record()


def is_older(rules: RuleSet, today: RuleSet) -> bool:
    """Whether a case that goes by `rules` would be counted by others today: as its own page says it."""
    return bool(rules["disease"] != today["disease"])


def _is_alike(run: Derivation, which: Which, rules: str, rules_on: date, reason: str | None) -> bool:
    """Whether a run does what is asked for. Which day's rules cases took, and why, stands in their history."""
    if (Which.of(run), run.rules) != (which, rules):
        return False
    return rules != TODAY or (run.rules_on, run.reason) == (rules_on, reason)


def _take_up(session: Session, now: datetime, actor: Actor, run: Derivation) -> None:
    run.state, run.problem, run.beat_at, run.finished_at = WAITING, None, now, None
    run.taken_by, run.taken_by_name = actor.id, actor.name[:80]
    session.flush()
    _record(session, now, actor, run, "case.derive", {"from": run.done})


def _is_left(run: Derivation, now: datetime) -> bool:
    return (run.beat_at or run.asked_at) < now - SILENT


def _is_free(run: Derivation, now: datetime) -> bool:
    return run.state == WAITING or _is_left(run, now)


def _lock(session: Session) -> None:
    """Let nobody else decide about runs until the caller commits; SQLite has one writer anyway."""
    if is_postgresql(session):
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(RUNS_LOCK)))


def _record(
    session: Session, now: datetime, actor: Actor, run: Derivation, action: str, detail: dict[str, object]
) -> None:
    detail = {"rules": run.rules, "rules_on": str(run.rules_on), **detail}
    audit.record(session, now=now, actor=actor, action=action, subject=str(run.id), reason=run.reason, detail=detail)
