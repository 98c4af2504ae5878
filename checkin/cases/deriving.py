"""What is kept for cases brought in step with the store: many at a time, as cheap for each as it can be.

Everything is read by key, once, and compared here; only what differs is written. So a case of which nothing changed
costs no write, and one that changed costs what changed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from checkin.cases import derived, filing
from checkin.cases.derived import Key, Row, claim_of, declaration_of, ends_of, moment, parts, person_of, written
from checkin.cases.models import KEEPING_STATES, MET, OWN, Case
from checkin.cases.signals import kept_changed
from checkin.cases.spread import air
from checkin.joins import queries as joins
from checkin.rules import RuleSet
from checkin.visits.stays import longest

Kept = dict[Key, tuple[str, Row]]


@dataclass
class Change:
    """What changed of a case: `rows` in all, and how many people `came` among whom it met or `went` from them."""

    rows: int = 0
    came: int = 0
    went: int = 0


@dataclass(frozen=True)
class Span:
    """What began in [start, end] is derived, for a disease that stays in the `air` so long; no stay lasts beyond
    `cap`."""

    start: datetime
    end: datetime
    air: timedelta
    cap: timedelta

    @property
    def around(self) -> tuple[datetime, datetime]:
        """Own visits of shortly before and after too: who came at 23:30 met the case that came at 00:30, and goes
        first."""
        return self.start - self.air - self.cap, self.end + self.air + self.cap


def whole(case: Case, rules: RuleSet, now: datetime) -> Span:
    """The days of the retention and the one before."""
    return part(case, rules, now - timedelta(days=rules.retention_days + 1), now)


def part(case: Case, rules: RuleSet, start: datetime, end: datetime) -> Span:
    """What began in [start, end]."""
    return Span(start, end, air(rules, case.disease), longest(rules))


def keeps(case: Case) -> bool:
    """Whether anything is kept for a case: its person is known, and it was not none."""
    return case.person_id is not None and case.state in KEEPING_STATES


def derive(session: Session, spans: Sequence[tuple[Case, Span]]) -> dict[UUID, Change]:
    """Bring what is kept of each case in step with the store, for its span. Whoever calls holds what is kept, and the
    cases are as they are now; those that keep nothing are left out of the answer."""
    found: dict[UUID, Change] = {}
    for span in dict.fromkeys(span for _, span in spans):
        found |= _derive(session, [case for case, its in spans if its == span and keeps(case)], span)
    return found


def _derive(session: Session, cases: Sequence[Case], span: Span) -> dict[UUID, Change]:
    if not cases:
        return {}
    low, high = span.around
    groups = joins.groups_of(session, [case.person_id for case in cases if case.person_id])
    people = {case.id: groups[case.person_id].members for case in cases if case.person_id}
    kept, settled = derived.claims(session, list(people))
    changes = {case_id: Change() for case_id in people}
    before = {case_id: of_case.copy() for case_id, of_case in kept.items()}
    own = derived.own_visits(session, {one for members in people.values() for one in members}, low, high)
    by_person: dict[str, dict[Key, Row]] = {}
    for key, row in own.items():
        by_person.setdefault(person_of(row), {})[key] = row
    theirs = {
        case_id: {key: row for one in members for key, row in by_person.get(written(session, one), {}).items()}
        for case_id, members in people.items()
    }
    copied: dict[Key, Row] = {}
    _take_in(session, kept, theirs, OWN, copied, changes)
    met = derived.met(session, derived.encounters(session, people, low, high), people, air=span.air, cap=span.cap)
    _take_in(session, kept, met, MET, copied, changes)
    _let_go(session, kept, met, span, changes)
    changed = [case_id for case_id, change in changes.items() if change.rows]
    if changed:
        kept_changed.send(session, cases=changed)
    _count_people(session, {case_id: (_met(before[case_id]), _met(kept[case_id])) for case_id in changed}, changes)
    _declarations(session, kept, settled - copied.keys(), low, high, changes)
    return changes


def _take_in(
    session: Session, kept: dict[UUID, Kept], fresh: Mapping[UUID, Mapping[Key, Row]], as_part: str,
    copied: dict[Key, Row], changes: dict[UUID, Change],
) -> None:  # fmt: skip
    """Copy what is new or changed of the store's rows, and claim what is not claimed; `kept` says so afterwards, and
    `copied` which rows were brought up to date."""
    there = derived.copies(
        session, {key for case_id, rows in fresh.items() for key in rows.keys() - kept[case_id].keys()}
    )
    stale: dict[Key, bool] = {}
    claims = []
    for case_id, rows in fresh.items():
        of_case, case_text = kept[case_id], written(session, case_id)
        for key, row in rows.items():
            claimed = of_case.get(key)
            copy = copied.get(key) or (claimed[1] if claimed else there.get(key))
            if copy is None or copy != row:
                # Counted with the first case that needs it, as if they had come one after the other.
                stale[key] = copy is not None and ends_of(copy) != ends_of(row)
                copied[key] = row
                changes[case_id].rows += 1
            if claimed is None:
                claims.append(claim_of(case_text, key, as_part))
                changes[case_id].rows += 1
                of_case[key] = (as_part, row)
            elif claimed[1] != row:
                of_case[key] = (claimed[0], row)
    filing.copy_visits(session, stale.keys(), [key for key, ended in stale.items() if ended])
    filing.claim(session, claims)


def _let_go(
    session: Session, kept: dict[UUID, Kept], met: Mapping[UUID, Mapping[Key, Row]], span: Span,
    changes: dict[UUID, Change],
) -> None:  # fmt: skip
    """Let go of stays that by what the store says now did not meet the case; what it no longer has stays."""
    doubted = [
        (case_id, key)
        for case_id, of_case in kept.items()
        for key, (as_part, _) in of_case.items()
        if as_part == MET and key not in met[case_id]
    ]
    there = derived.still_there(session, {key for _, key in doubted}, span.start, span.end)
    wrong = [(case_id, key) for case_id, key in doubted if key in there]
    filing.let_go(session, [claim_of(written(session, case_id), key, MET) for case_id, key in wrong])
    for case_id, key in wrong:
        del kept[case_id][key]
        changes[case_id].rows += 1


def _declarations(
    session: Session, kept: Mapping[UUID, Kept], settled: Collection[Key], low: datetime, high: datetime,
    changes: dict[UUID, Change],
) -> None:  # fmt: skip
    """Copy the declarations that go with what the cases keep of [low, high], but those of visits that are `settled`."""
    told: dict[Key, UUID] = {}
    for case_id, of_case in kept.items():
        for key in of_case.keys() - settled:
            declaration = declaration_of(of_case[key][1])
            if declaration is not None and low <= moment(parts(key)[0]) <= high:
                told.setdefault(declaration, case_id)
    for declaration in filing.copy_declarations(session, told):
        changes[told[declaration]].rows += 1


def _count_people(session: Session, met: Mapping[UUID, tuple[set[str], set[str]]], changes: dict[UUID, Change]) -> None:
    """Say of each case who came and went, from whom it met `before` and `after`; who was joined is one of them."""
    moved = {one for before, after in met.values() for one in before ^ after}
    if not moved:
        return
    # Few were joined: all of them are asked for, and not each of the ten thousands who moved.
    were_joined = [one for one in joins.everybody_joined(session) if written(session, one) in moved]
    all_of = {
        written(session, one): frozenset(written(session, member) for member in group.members)
        for one, group in joins.groups_of(session, were_joined).items()
    }
    for case_id, (before, after) in met.items():
        change = changes[case_id]
        change.came, change.went = len(_lacking(before, after, all_of)), len(_lacking(after, before, all_of))


def _lacking(people: set[str], others: set[str], all_of: Mapping[str, frozenset[str]]) -> set[str | frozenset[str]]:
    """Those of the others who are none of these people; `all_of` says who those of them are that were joined."""
    return {all_of.get(one, one) for one in others - people if one not in all_of or all_of[one].isdisjoint(people)}


def _met(of_case: Kept) -> set[str]:
    return {person_of(row) for as_part, row in of_case.values() if as_part == MET}
