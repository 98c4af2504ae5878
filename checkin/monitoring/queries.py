from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.contacts.models import HEALTH, ILL, POSITIVE, WAITING, Contact, ContactCheck
from checkin.contacts.queries import IS_F1
from checkin.monitoring.plan import Day, Plan, coming, due, strip
from checkin.scope import rows


class Said(NamedTuple):
    """What was said of somebody's day, or of a test: a row of `ContactCheck`, of which a list reads thousands."""

    contact_id: UUID
    kind: str
    day: date
    number: int
    said: str
    at: datetime
    commune_id: str | None
    by_name: str


class Stay(Protocol):
    """What of a contact the days of a quarantine are counted by."""

    @property
    def id(self) -> Any: ...
    @property
    def stage_at(self) -> Any: ...
    @property
    def quarantine_from(self) -> Any: ...
    @property
    def quarantine_until(self) -> Any: ...


class Stayed(NamedTuple):
    """The same without the contact."""

    id: UUID
    stage_at: datetime
    quarantine_from: date
    quarantine_until: date


@dataclass(frozen=True)
class Checks:
    """What holds of somebody's days in quarantine: of each day the last that was said, and of each test."""

    health: dict[date, Said] = field(default_factory=dict)
    tests: dict[date, Said] = field(default_factory=dict)

    @property
    def positive(self) -> Said | None:
        """The last test that is positive."""
        return max((one for one in self.tests.values() if one.said == POSITIVE), key=lambda one: one.day, default=None)

    @property
    def awaited(self) -> Said | None:
        """The last test whose result is not known."""
        return max((one for one in self.tests.values() if one.said == WAITING), key=lambda one: one.day, default=None)


def ill(checks: Checks, today: date) -> bool:
    """True where the last that was said of today, else of yesterday, is that they are ill."""
    last = max((day for day in checks.health if 0 <= (today - day).days <= 1), default=None)
    return last is not None and checks.health[last].said == ILL


@dataclass(frozen=True)
class Watched:
    """Somebody in quarantine on a day of theirs."""

    contact: Stay
    checks: Checks
    today: date
    # Since when a test is due, and when the next one will be.
    due: date | None
    next: date | None

    @property
    def strip(self) -> list[Day]:
        """The days of the quarantine, of which nothing is missing before anybody knew that they were an F1."""
        start, end = self.contact.quarantine_from, self.contact.quarantine_until
        if start is None or end is None:
            return []
        said = {day: one.said for day, one in self.checks.health.items()}
        return strip(start, end, said, self.today, clock.to_local(self.contact.stage_at).date())

    @property
    def said(self) -> Said | None:
        """What was said of today."""
        return self.checks.health.get(self.today)

    @property
    def ill(self) -> bool:
        """True where the last that was said of today, else of yesterday, is that they are ill."""
        return ill(self.checks, self.today)

    @property
    def order(self) -> tuple[bool, bool, bool, bool, date, str]:
        """Whoever is ill or positive first, then whose test is due, then of whom nothing is said today."""
        end = self.contact.quarantine_until or self.today
        return (
            self.checks.positive is None,
            not self.ill,
            self.due is None,
            self.said is not None,
            end,
            str(self.contact.id),
        )


def watched(contact: Stay, checks: Checks, plan: Plan, today: date) -> Watched:
    """Somebody with what their days hold and what is due; nothing is due outside of a quarantine."""
    start, end = contact.quarantine_from, contact.quarantine_until
    if start is None or end is None:
        return Watched(contact, checks, today, None, None)
    since = due(plan, start, end, list(checks.tests), today) if start <= today <= end else None
    if since is None and start <= today <= end and checks.health.get(today) and checks.health[today].said == ILL:
        # Who falls ill is tested at once, whatever the plan says.
        since = None if today in checks.tests else today
    return Watched(contact, checks, today, since, coming(plan, start, end, today))


def in_quarantine(session: Session, today: date, *, most: int) -> list[Stayed]:
    """F1s of the scope whose quarantine lasts today, the first to be released first; at most `most`."""
    query = sa.select(Contact.id, Contact.stage_at, Contact.quarantine_from, Contact.quarantine_until).where(
        rows(session, Contact), *_lasts(today)
    )
    found = session.execute(query.order_by(Contact.quarantine_until, Contact.id).limit(most))
    return [Stayed(*row) for row in found]  # type: ignore[arg-type]  # an F1 has both days


def _lasts(today: date) -> tuple[Any, ...]:
    return IS_F1, Contact.quarantine_from <= today, Contact.quarantine_until >= today


def count_urgent(session: Session, today: date) -> int:
    """How many in quarantine today are ill or positive, as `Watched` says."""
    loud = sa.exists().where(ContactCheck.contact_id == Contact.id, ContactCheck.said.in_((ILL, POSITIVE)))
    found = session.scalars(sa.select(Contact.id).where(rows(session, Contact), *_lasts(today), loud))
    return sum(1 for one in checks_of(session, list(found)).values() if one.positive or ill(one, today))


def checks_of(session: Session, contact_ids: Collection[UUID]) -> dict[UUID, Checks]:
    """What holds of the days of these contacts, for each of them."""
    found = {contact_id: Checks() for contact_id in contact_ids}
    if found:
        for one in _rows(session, list(found)):
            into = found[one.contact_id]
            (into.health if one.kind == HEALTH else into.tests)[one.day] = one
    return found


def history(session: Session, contact_id: UUID) -> Sequence[Said]:
    """All that was ever said of somebody's days, also what was corrected, the latest first."""
    return sorted(_rows(session, [contact_id]), key=lambda one: (one.at, one.day, one.number), reverse=True)


def last_number(session: Session, contact_id: UUID, kind: str, day: date) -> int:
    """How often something was said of this day."""
    return (
        session.scalar(
            sa.select(sa.func.max(ContactCheck.number)).where(
                rows(session, ContactCheck),
                ContactCheck.contact_id == contact_id,
                ContactCheck.kind == kind,
                ContactCheck.day == day,
            )
        )
        or 0
    )


def _rows(session: Session, contact_ids: list[UUID]) -> list[Said]:
    columns = (getattr(ContactCheck, name) for name in Said._fields)
    query = sa.select(*columns).where(rows(session, ContactCheck), ContactCheck.contact_id.in_(contact_ids))
    return [Said(*row) for row in session.execute(query.order_by(ContactCheck.day, ContactCheck.number))]
