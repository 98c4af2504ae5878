"""Bình's market with two zones, and what tests do there."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from checkin import clock, scope
from checkin.accounts.models import Account
from checkin.db import db
from checkin.declarations.told import Identity
from checkin.venues import service as venues
from checkin.venues.models import Venue, Zone
from checkin.visits.models import Visit
from checkin.workers import queries, rounds, service
from checkin.workers.asked import New, Post
from checkin.workers.shifts import Written
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import World, inside, vault_of

# 20/11/2026 is a Friday; NOW is half past ten of it.
FRIDAY = date(2026, 11, 20)
EVERY_DAY = 127
SEVEN, SIXTEEN = 7 * 60, 16 * 60


def at(hour: float, day: date = FRIDAY) -> datetime:
    """A moment of a day of the province."""
    return clock.from_local(datetime.combine(day, datetime.min.time()) + timedelta(hours=hour))


def somebody(number: int, name: str = "") -> Identity:
    """One of many."""
    return Identity(
        full_name=name or f"Người Thứ {number}", birth_year=1980, gender="", phone=f"+8490411{number:04d}",
        province_id=None, commune_id=None,
    )  # fmt: skip


@dataclass
class Market:
    """A market in one database, worked on by its owner; whatever needs a session opens one."""

    world: World
    venue_id: UUID
    owner_id: UUID
    zone_id: UUID

    @property
    def app(self) -> Flask:
        return self.world.app()

    def _by_owner(self, tier: str = "public"):
        return inside(self.world.app(tier))

    def _enter(self) -> tuple[Account, Venue]:
        session = db.session()
        scope.enter(session, scope.Scope("owner", self.owner_id))
        return session.get_one(Account, self.owner_id), session.get_one(Venue, self.venue_id)

    def add(self, who: Identity = cast.NEIGHBOUR, *, now: datetime = NOW, **post) -> UUID:
        """Put somebody on the list, as the public tier does; their id on it."""
        values = {"zone_id": None, "job": "", "weekdays": EVERY_DAY, "starts": SEVEN, "ends": SIXTEEN, **post}
        with self._by_owner():
            owner, venue = self._enter()
            before = {row.id for row in queries.of_venue(db.session(), self.venue_id, since=FRIDAY)}
            service.add(
                db.session(), vault_of(self.world.app("public")), now=now, actor=owner.actor, venue=venue,
                new=New(who, Post(**values)),
            )  # fmt: skip
            db.session.commit()
            self._enter()
            after = queries.of_venue(db.session(), self.venue_id, since=FRIDAY)
            return next(row.id for row in after if row.id not in before)

    def add_all(self, people: list[Identity], zone_id: UUID | None = None) -> None:
        """Put many on the list at once, every day from seven to four."""
        with self._by_owner():
            owner, venue = self._enter()
            news = [New(who, Post(zone_id, "bán cá", EVERY_DAY, SEVEN, SIXTEEN)) for who in people]
            vault = vault_of(self.world.app("public"))
            service.add_all(db.session(), vault, now=NOW, actor=owner.actor, venue=venue, news=news)
            db.session.commit()

    def do(self, what: str, worker_id: UUID, *, now: datetime = NOW, **fields) -> None:
        """One of the service's changes by the owner at the public tier."""
        with self._by_owner():
            owner, venue = self._enter()
            given = {"now": now, "actor": owner.actor, "venue": venue}
            if what in ("set_day", "remove"):
                fields["worker"] = queries.one(db.session(), venue.id, worker_id)
            else:
                fields["worker_id"] = worker_id
            getattr(service, what)(db.session(), **given, **fields)
            db.session.commit()

    def round(self, now: datetime = NOW) -> Written:
        """What the round of the staff tier does at a moment."""
        with clock.fixed(now), inside(self.world.app("staff")):
            return rounds.write_all(db.session())

    def visits(self) -> list[Visit]:
        """Every visit there is, by entry."""
        with inside(self.app):
            return factories.all_visits(db.session())

    def stays(self) -> list[tuple[datetime, datetime, datetime, datetime | None]]:
        """(entered, likely, latest, left) of every visit."""
        return [(one.entered_at, one.until_likely, one.until_latest, one.left_at) for one in self.visits()]


@pytest.fixture
def market(world: World) -> Market:
    """A market with a zone; nobody works there yet."""
    with clock.fixed(NOW), inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        owner = factories.account(session, vault, "owner", cast.OWNER)
        venue = factories.venue(session, vault, "Chợ Hạ Long 1", owner=owner, kind="market")
        venues.add_zone(session, now=NOW, actor=owner.actor, venue=venue, name="Hàng cá")
        session.flush()
        zone_id = session.scalars(sa.select(Zone.id)).one()
        made = Market(world, venue.id, owner.id, zone_id)
        session.commit()
    return made
