"""Fixtures. Database tests take `app` (or `world`) and run on SQLite and on PostgreSQL."""

import os
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy.orm import Session

from checkin import clock
from checkin.accounts import passwords
from checkin.db import db
from checkin.vault import Vault
from tests import servers, worlds
from tests.deployment import bouncer, nginx, units
from tests.worlds import World

CHROMIUM = next(
    (p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome") if Path(p).exists()), None
)
CHROMIUM_MISSING = "Chromium is missing: 'apt-get install chromium'"
SOFFICE = shutil.which("soffice")
SOFFICE_MISSING = "LibreOffice is missing: 'apt-get install libreoffice-calc-nogui'"
# A Friday morning of the province: 20/11/2026, 10:30.
NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)

CHEAP_NOBODY = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("nobody has this password")

settings.register_profile(
    "default",
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("long", parent=settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def missing() -> list[str]:
    """What tests need and this machine lacks, each with how to get it."""
    lacking = []
    if servers.postgresql_programs() is None:
        lacking.append(servers.POSTGRESQL_MISSING)
    if bouncer.program() is None:
        lacking.append(bouncer.MISSING)
    if nginx.program() is None:
        lacking.append(nginx.MISSING)
    if units.program() is None:
        lacking.append(units.MISSING)
    if CHROMIUM is None:
        lacking.append(CHROMIUM_MISSING)
    if servers.redis_program() is None:
        lacking.append(servers.REDIS_MISSING)
    if SOFFICE is None:
        lacking.append(SOFFICE_MISSING)
    return lacking


def pytest_report_header() -> list[str]:
    return missing()


def pytest_sessionstart(session: pytest.Session) -> None:
    # A check that skips silently proves nothing: where it counts, what is missing is a failure.
    if os.environ.get("CI") == "true" and missing():
        pytest.exit("; ".join(missing()), returncode=1)


@cache
def opens_pages(module: str) -> bool:
    """Whether tests of this file ask for pages; the others ask the database itself."""
    return re.search(r"\bclient\b|test_client\(|sign_in\(|signed_in\(", Path(module).read_text("utf-8")) is not None


def is_the_same_on_sqlite(item: pytest.Item) -> bool:
    """Pages and long proofs run on PostgreSQL, as the province does, and on SQLite among the wide proofs, or where there
    is no PostgreSQL, or in files asked for by name. Rules, and what is asked of the database, are proven on both."""
    return (
        servers.postgresql_programs() is not None
        and isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "sqlite" in item.callspec.params.values()
        and ("long" in item.keywords or opens_pages(str(item.path)))
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wants_long = config.getoption("-m").startswith("long")
    everything = all(Path(asked).name == "tests" for asked in config.args)
    kept, dropped = [], []
    for item in items:
        if everything and is_the_same_on_sqlite(item):
            item.add_marker("long")
            item.add_marker("wide")
        (kept if ("long" in item.keywords) == wants_long else dropped).append(item)
        if CHROMIUM is None and "browser" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=CHROMIUM_MISSING))
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


@pytest.fixture(scope="session")
def cluster() -> Iterator[servers.Cluster]:
    """A PostgreSQL server of this test run's own."""
    if servers.postgresql_programs() is None:
        pytest.skip(servers.POSTGRESQL_MISSING)
    made = servers.Cluster.create()
    yield made
    made.remove()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[servers.Redis]:
    """A Redis server of this test's own."""
    if servers.redis_program() is None:
        pytest.skip(servers.REDIS_MISSING)
    made = servers.Redis(tmp_path, servers.free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def _sqlite(tmp_path_factory: pytest.TempPathFactory) -> World:
    return worlds.sqlite_world(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def _postgresql(tmp_path_factory: pytest.TempPathFactory, cluster: servers.Cluster) -> Iterator[World]:
    made = worlds.postgresql_world(tmp_path_factory.mktemp("instance"), cluster, "checkin_test")
    yield made
    made.let_go()


@pytest.fixture
def sqlite(request: pytest.FixtureRequest) -> Iterator[World]:
    """The world on SQLite, empty."""
    world: World = request.getfixturevalue("_sqlite")
    yield world
    world.empty()


@pytest.fixture
def postgresql(request: pytest.FixtureRequest) -> Iterator[World]:
    """The world on PostgreSQL, empty."""
    world: World = request.getfixturevalue("_postgresql")
    yield world
    world.empty()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def world(request: pytest.FixtureRequest) -> World:
    """Each database in turn, empty."""
    found: World = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def app(world: World) -> Iterator[Flask]:
    """The application with every tier in it, inside its context; the clock stands at NOW."""
    with clock.fixed(NOW), worlds.inside(world.app()):
        yield world.app()


@pytest.fixture
def session(app: Flask) -> Session:
    """The session of `app`."""
    return db.session()


@pytest.fixture
def vault(app: Flask) -> Vault:
    """The keys of `app`."""
    return worlds.vault_of(app)


@pytest.fixture
def real_passwords() -> None:
    """Passwords are hashed at their full price in this test."""


@pytest.fixture(autouse=True)
def _cheap_passwords(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing: most tests make accounts and are about something else."""
    if "real_passwords" not in request.fixturenames:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        monkeypatch.setattr(passwords, "_hasher", cheap)
        monkeypatch.setattr(passwords, "_nobody", CHEAP_NOBODY)


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    """A browser without JavaScript, as it were; the clock stands at NOW."""
    with clock.fixed(NOW):
        yield world.app().test_client()
