from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin.cases.models import OPEN_STATES, Case
from checkin.derivations.models import RUNNING, UNFINISHED, WAITING, Derivation


@dataclass(frozen=True, kw_only=True)
class Which:
    """Which open cases of a known person are meant: these running numbers, of a disease; all where neither is said."""

    seqs: tuple[int, ...] | None = None
    disease: str | None = None

    @classmethod
    def of(cls, run: Derivation) -> "Which":
        """Those of a run."""
        return cls(seqs=None if run.numbers is None else tuple(run.numbers), disease=run.disease)

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What such a case fulfils."""
        found: list[sa.ColumnElement[bool]] = [Case.state.in_(OPEN_STATES), Case.person_id.is_not(None)]
        if self.seqs is not None:
            found.append(Case.seq.in_(self.seqs))
        return [*found, Case.disease == self.disease] if self.disease else found


def by_rules(session: Session, which: Which) -> dict[date, int]:
    """How many such cases go by the rules of each day."""
    query = sa.select(Case.rules_on, sa.func.count()).where(*which.conditions()).group_by(Case.rules_on)
    return {day: count for day, count in session.execute(query)}  # noqa: C416 - rows are no pairs to `dict`


def last_case(session: Session) -> int:
    """The highest running number of a case, 0 without one."""
    return session.scalar(sa.select(sa.func.max(Case.seq))) or 0


def rest(session: Session, run: Derivation) -> int:
    """How many cases a run still has before it."""
    query = sa.select(sa.func.count()).select_from(Case).where(*_rest(run))
    return session.scalar(query) or 0


def next_cases(session: Session, run: Derivation, limit: int) -> list[UUID]:
    """The cases that come next in a run, by number."""
    return list(session.scalars(sa.select(Case.id).where(*_rest(run)).order_by(Case.seq).limit(limit)))


def _rest(run: Derivation) -> list[sa.ColumnElement[bool]]:
    return [*Which.of(run).conditions(), Case.seq > run.last_seq, Case.seq <= run.until_seq]


def run_of(session: Session, run_id: UUID, *, hold: bool = False) -> Derivation | None:
    """A run as it is now; with `hold` nobody else changes it until the caller commits."""
    query = sa.select(Derivation).where(Derivation.id == run_id)
    return session.scalar(query.with_for_update() if hold else query, execution_options={"populate_existing": True})


def newest(session: Session, limit: int) -> list[Derivation]:
    """The last runs, the newest first."""
    return list(session.scalars(sa.select(Derivation).order_by(Derivation.asked_at.desc()).limit(limit)))


def unfinished(session: Session, since: datetime) -> list[Derivation]:
    """Runs asked for since then that are not done, the newest first, as they are now."""
    query = sa.select(Derivation).where(Derivation.state.in_(UNFINISHED), Derivation.asked_at >= since)
    return list(
        session.scalars(query.order_by(Derivation.asked_at.desc()), execution_options={"populate_existing": True})
    )


def going(session: Session) -> list[Derivation]:
    """Runs that wait, or that a process works on or did, the oldest first, as they are now."""
    query = sa.select(Derivation).where(Derivation.state.in_((WAITING, RUNNING))).order_by(Derivation.asked_at)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def is_meant(case: Case) -> bool:
    """Whether a run derives such a case: it is open, and it is known who it is."""
    return case.state in OPEN_STATES and case.person_id is not None
