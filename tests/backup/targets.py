"""What the tests of backups need beside their world: something in it, and an empty database to restore into."""

import contextlib
import sqlite3
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa
from click.testing import Result

from checkin.db import Model, db
from checkin.exposure import service as exposure
from checkin.venues.models import Venue
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import OWNER, PUBLIC, STAFF, World, inside, vault_of


def fill(world: World) -> Venue:
    """A little of everything: accounts, venues with zones, visits of two people, a case and a lookup."""
    app = world.app()
    session, vault = db.session(), vault_of(app)
    owner = factories.account(session, vault, "owner", cast.OWNER)
    officer = factories.account(session, vault, "cdc", cast.CDC)
    where = factories.venue(session, vault, owner=owner)
    market = factories.venue(session, vault, "Chợ Hạ Long 1\tkhu\\N hải sản", kind="market")
    for n, told in enumerate([cast.healthy(), cast.coughing(), cast.healthy(cast.NEIGHBOUR)]):
        factories.check_in(
            app, session, vault, (where, market)[n % 2], told, at=NOW - timedelta(hours=20 * n + 1), device=b"d" * 16
        )
    case = factories.case(session)
    exposure.ask_place(
        session,
        now=NOW,
        actor=officer.actor,
        bound=exposure.Bound(case=case, signal=None, reason="Khu hải sản, “sáng 19/11”"),
        asked=exposure.PlaceAsked(start=NOW - timedelta(days=1), end=NOW, venue_id=market.id),
    )
    session.commit()
    return where


def run(world: World, *arguments: str | Path) -> Result:
    """A command of the group, as typed."""
    with inside(world.app()):  # a command takes the application that it stands in, and a test may stand in another
        return world.app().test_cli_runner().invoke(args=["backup", *map(str, arguments)])


def content(world: World) -> dict[str, list[str]]:
    """Every row of every table, by the models and in order of its text: not the way in which a backup reads."""
    with inside(world.app()):
        return {
            table.name: sorted(repr(tuple(row)) for row in db.session.execute(sa.select(table)))
            for table in Model.metadata.sorted_tables
        }


@dataclass
class Target:
    """An empty database beside a world's own, with the world's keys."""

    world: World
    kind: str

    def exists(self) -> bool:
        """True when anything is in it."""
        if self.kind == "sqlite":
            return Path(sa.make_url(self.world.migrate_url).database or "").exists()
        with psycopg.connect(self.world.superuser_url.replace("+psycopg", "")) as connection:
            found = connection.execute("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
            return bool((found.fetchone() or (0,))[0])

    def execute(self, statement: str) -> None:
        """Write into it behind the application's back."""
        if self.kind == "sqlite":
            with contextlib.closing(sqlite3.connect(sa.make_url(self.world.migrate_url).database or "")) as connection:
                connection.execute(statement)
                connection.commit()
            return
        with psycopg.connect(self.world.migrate_url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]


@contextlib.contextmanager
def empty_beside(world: World, folder: Path) -> Iterator[Target]:
    """A database with nothing in it; taken away afterwards."""
    if world.kind == "sqlite":
        url = f"sqlite:///{folder / 'restored' / 'checkin.db'}"
        other = World("sqlite", world.folder, dict.fromkeys(("all", "public", "staff"), url), url)
        yield Target(other, "sqlite")
    else:
        name = f"restored_{uuid.uuid4().hex[:12]}"
        superuser = sa.make_url(world.superuser_url)
        address = superuser.set(drivername="postgresql").set(database="postgres")
        with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0")  # type: ignore[call-overload]
            by_role = {
                tier: superuser.set(drivername="postgresql", username=role, database=name).render_as_string(False)
                for tier, role in (("all", OWNER), ("public", PUBLIC), ("staff", STAFF))
            }
            other = World("postgresql", world.folder, by_role, by_role["all"])
            other.superuser_url = superuser.set(database=name).render_as_string(False)
            try:
                yield Target(other, "postgresql")
            finally:
                other.let_go()
                connection.execute(f"DROP DATABASE {name}")  # type: ignore[call-overload]
    other.let_go()
