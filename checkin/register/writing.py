"""A preview and an import: the same rows, decided the same way; the one writes nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.orm import Session

from checkin import clock, scope
from checkin.db import reading
from checkin.ids import new_id
from checkin.register import queries, service
from checkin.register.planning import Decision, Held
from checkin.register.rows import Entry, Terms
from checkin.register.running import Findings, asked_for, run
from checkin.register.tables import Table
from checkin.vault import Vault


class Looking:
    """A preview: each batch is read and nothing is written."""

    def __init__(self, session: Session, vault: Vault, who: scope.Scope) -> None:
        self.session, self.vault, self.who = session, vault, who

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Reading alone, so that doors need not wait."""
        with reading():
            scope.enter(self.session, self.who)
            yield
            self.session.rollback()

    def held(self, entries: Sequence[Entry]) -> Held:
        """The venues that could be meant."""
        numbers, names = asked_for(entries)
        return queries.held(self.session, self.vault, numbers=numbers, names=names)

    def parent_of(self, venue_id: UUID) -> UUID | None:
        """What a venue stands inside."""
        return queries.parent(self.session, venue_id)

    def done(self, _decisions: Sequence[Decision]) -> None:
        """Nothing."""


class Importing(Looking):
    """An import: each batch is a transaction, in which nobody else decides about venues."""

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Written and committed at its end."""
        self.session.rollback()
        scope.enter(self.session, self.who)
        service.lock_venues(self.session)
        yield
        self.session.commit()

    def done(self, decisions: Sequence[Decision]) -> None:
        """Make and change the venues."""
        service.store(self.session, self.vault, now=clock.now(), decisions=decisions)


def work(
    table: Table,
    terms: Terms,
    step: Looking,
    progress: Callable[[int], None],
    stop: Callable[[], bool] = lambda: False,
) -> Findings:
    """Every row of a file, by a preview or an import, until somebody stops it."""
    return run(table, terms, step, new_id=lambda: new_id(clock.now()), progress=progress, stop=stop)
