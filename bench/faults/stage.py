"""A database with the product in front of it, and a keeper that starts again what ended."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import sqlalchemy as sa

from bench.faults.disk import Disk, small_disk
from bench.faults.processes import Server
from checkin.config import Config
from checkin.db import db
from checkin.vault import Vault
from tests import factories, worlds
from tests.servers import Cluster
from tests.worlds import World, inside, vault_of

VENUES = 20
DISK_MEGABYTES = {"postgresql": 320, "sqlite": 160}
# How much of its log a server keeps: room on a small disk; enough for a replica that stood still for a while.
SMALL = ("ALTER SYSTEM SET min_wal_size = '32MB'", "ALTER SYSTEM SET max_wal_size = '64MB'")
LARGE = ("ALTER SYSTEM SET wal_keep_size = '512MB'",)


@dataclass
class Stage:
    """What one series of rounds plays on."""

    name: str
    folder: Path
    world: World
    server: Server
    vault: Vault
    codes: list[str]
    start_seconds: float  # that an undisturbed start of the product takes here
    cluster: Cluster | None = None
    disk: Disk | None = None
    replica: Cluster | None = None
    diaries: list[Path] = field(default_factory=list)
    known: set[UUID] = field(default_factory=set)

    def engine(self, of: Cluster | None = None) -> sa.Engine:
        """Reads every row, past the rights of the tiers; `of` is another server with the same database."""
        url = self.world.superuser_url or Config.from_env(self.world.env()).database_url
        if of and self.cluster:
            url = url.replace(f":{self.cluster.port}/", f":{of.port}/")
        return sa.create_engine(url, poolclass=sa.NullPool)

    async def keep(self) -> None:
        """Start again whatever ended, until cancelled."""
        while True:
            if self.server.ended:
                self.server.start()
            if self.cluster and self.cluster.process and self.cluster.process.poll() is not None:
                try:
                    await asyncio.to_thread(self.cluster.start)
                except RuntimeError:  # its disk is full, say; it is tried again
                    await asyncio.sleep(0.5)
            await asyncio.sleep(0.1)


@contextmanager
def stage(kind: str, *, small: bool = False, app: str = "wsgi:app", settings: tuple[str, ...] = ()) -> Iterator[Stage]:
    """Make a database of that kind (postgresql, sqlite), durable unless `settings` say otherwise, and serve it.

    `small` puts it on a disk that can be filled; `settings` are statements for the superuser of PostgreSQL.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="checkin-faults-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        disk = stack.enter_context(small_disk(DISK_MEGABYTES[kind])) if small else None
        instance = (disk.folder if disk else folder) / "instance"
        instance.mkdir()
        cluster = None
        if kind == "postgresql":
            cluster = Cluster.create(durable=True, inside=disk.folder if disk else None)
            stack.callback(cluster.remove)
            cluster.execute(*(SMALL if small else LARGE), *settings)
            cluster.stop()  # some settings hold from the next start on
            cluster.start()
            world = worlds.postgresql_world(instance, cluster, "faults")
        else:
            world = worlds.sqlite_world(instance)
        codes = _venues(world)
        tier = "public" if cluster else "all"
        server = Server(world.env(tier), folder, app)
        server.start()
        stack.callback(server.stop)
        start_seconds = server.wait()
        name = f"{kind}, small disk" if small else kind
        yield Stage(name, folder, world, server, vault_of(world.app()), codes, start_seconds, cluster, disk)


def _venues(world: World) -> list[str]:
    app = world.app()
    with inside(app):
        made = [factories.venue(db.session(), vault_of(app), f"Siêu thị số {n}") for n in range(VENUES)]
        codes = [factories.code_of(db.session(), venue) for venue in made]
        factories.commit()
        db.session.remove()
        db.engine.dispose()
    return codes
