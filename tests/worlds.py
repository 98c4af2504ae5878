"""The databases that tests run on: migrated and filled with places once, emptied between tests."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from checkin import clock, create_app, tiers
from checkin.config import ROOT, Config
from checkin.db import db
from checkin.keys import generate
from checkin.places import service as places
from checkin.vault import Vault
from checkin.visits import service as visits
from checkin.web import limiter
from tests.servers import Cluster

MIGRATIONS = str(ROOT / "checkin" / "migrations")
OWNER, PUBLIC, STAFF = "checkin_owner", "checkin_public", "checkin_staff"
# Filled by the tests; places stay.
TABLES = [
    "signal_step", "signal", "infection", "notice_answer", "notice_text", "notice_receipt", "notice_draft", "api_call", "api_token", "list_heading", "derivation", "notice", "shift_change", "worker", "kept_visit", "kept_declaration", "case_visit", "met_person", "visit", "declaration", "submission", "code_guess", "person_card", "person", "export_part",
    "export", "lookup_venue", "lookup", "case_step", "case_window", "told_move", "desk_link", "commitment", "handover", "venue_claim", "register_part", "register_import", "register_number", "code",
    "zone", "venue", "audit", "audit_waiting", "message", "contact_code", "invitation", "finding_entry", "finding", "approval",
    "duty_handover", "contact_check", "pair_step", "pair", "pair_scan", "joined", "contact_near", "contact_step", "contact", "station_step", "station_call", "account_session", "recovery_code", "account", "poster_file", "poster_job", "reading", "rights_request",
]  # fmt: skip


# Most tests write into a few: asking which is ten times as fast as emptying all.
_FILLED = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in (*TABLES, "case"))
_GONE = "SELECT count(*) FROM unnest(CAST(%(names)s AS text[])) AS name WHERE to_regclass(name) IS NULL"


@dataclass
class World:
    """One database and the applications of its tiers, made when first asked for."""

    kind: str
    folder: Path
    urls: dict[str, str]  # by tier: all, public, staff
    migrate_url: str
    template: Path | None = None
    around: date | None = None
    apps: dict[str, Flask] = field(default_factory=dict)
    cleaner: psycopg.Connection | None = None

    def env(self, tier: str = "all") -> dict[str, str]:
        """The environment of a process of this tier."""
        return {
            "CHECKIN_INSTANCE": str(self.folder),
            "CHECKIN_TIER": tier,
            "CHECKIN_KEYS": str(self.keys(tier)),
            "DATABASE_URL": self.urls[tier],
            "MIGRATE_URL": self.migrate_url,
            # As in the demo on one's own computer, where the password alone signs in.
            "NO_DEMO": "0",
        }

    def keys(self, tier: str) -> Path:
        """The folder of keys of a tier; without the private key for the public one."""
        folder = self.folder / "keys"
        generate(folder)
        if tier != "public":
            return folder
        public = self.folder / "keys-public"
        if not public.exists():
            shutil.copytree(folder, public, ignore=shutil.ignore_patterns("*.private", "staff.key", "seal.key"))
        return public

    def app(self, tier: str = "all") -> Flask:
        """The application of a tier."""
        if tier not in self.apps:
            app = create_app(Config.from_env(self.env(tier)))
            app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=True)
            limiter.enabled = False  # tests of the limits switch it on
            self.apps[tier] = app
        return self.apps[tier]

    def prepare(self) -> None:
        """Migrate and load the places, once."""
        app = self.app()
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            places.load(db.session())
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        if self.kind == "sqlite":
            self.template = self.folder / "template.db"
            with contextlib.closing(sqlite3.connect(self.folder / "checkin.db")) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(self.folder / "checkin.db", self.template)

    def open_days(self, around: date) -> None:
        """Make the tables of the days that tests use."""
        self.around = around
        with inside(self.app()):
            for day in sorted(days_used(around, clock.today())):
                visits.open_day(db.session(), day)
            db.session.commit()

    def grant(self) -> None:
        """Give the roles of both tiers their rights."""
        engine = sa.create_engine(Config.from_env(self.env()).migrate_url)
        with engine.begin() as connection:
            for statement in tiers.statements(OWNER, PUBLIC, STAFF):
                connection.exec_driver_sql(statement)
        engine.dispose()

    def empty(self) -> None:
        """Take away what a test wrote."""
        shutil.rmtree(self.folder / "audit-seals", ignore_errors=True)
        if self.apps:
            limiter.storage.reset()
        for app in self.apps.values():
            with app.app_context():
                db.session.remove()
                if self.kind == "sqlite":
                    db.engine.dispose()
        if self.template is not None:
            for name in ("checkin.db-wal", "checkin.db-shm"):
                (self.folder / name).unlink(missing_ok=True)
            shutil.copy(self.template, self.folder / "checkin.db")
            return
        names = [f"visit_{day:%Y%m%d}" for day in days_used(self.around, clock.today())] if self.around else []
        try:
            gone = self._emptied(names)
        except psycopg.OperationalError:  # a test stopped the server meanwhile
            self.cleaner = None
            gone = self._emptied(names)
        if gone and self.around:
            self.open_days(self.around)  # a test of retention took them away

    def _emptied(self, names: list[str]) -> int:
        """Delete every row; how many of the named tables are gone."""
        cleaner = self.superuser()
        with cleaner.transaction():
            filled = cleaner.execute(_FILLED).fetchall()
            with cleaner.pipeline():
                # Not TRUNCATE, which makes the files of every day's tables anew.
                for (table,) in filled:
                    cleaner.execute(f'DELETE FROM "{table}"')
                gone = cleaner.execute(_GONE, {"names": names})
            return int(gone.fetchone()[0])

    def superuser(self) -> psycopg.Connection:
        """A connection that is kept with its plans, and past which triggers do not stand."""
        if self.cleaner is None:
            self.cleaner = psycopg.connect(
                self.superuser_url.replace("+psycopg", ""),
                autocommit=True,
                prepare_threshold=0,
                application_name="cleaner",
            )
            # The log's own trigger refuses to be emptied, also by its owner.
            self.cleaner.execute("SET session_replication_role = replica")
            # Asked thousands of times: planned once.
            self.cleaner.execute("SET plan_cache_mode = force_generic_plan")
        return self.cleaner

    def let_go(self) -> None:
        """Close what is open to the database, before it goes."""
        if self.cleaner is not None:
            self.cleaner.close()
            self.cleaner = None
        for app in self.apps.values():
            with app.app_context():
                db.engine.dispose()
        self.apps.clear()

    superuser_url: str = ""


def days_used(around: date, today: date) -> set[date]:
    """Days that have tables: those before and after the day at which clocks are set, and the real present."""
    return {around - timedelta(days=ago) for ago in range(-3, 25)} | {
        today + timedelta(days=ahead) for ahead in range(-3, 4)
    }


def sqlite_world(folder: Path) -> World:
    """A world on SQLite."""
    url = f"sqlite:///{folder / 'checkin.db'}"
    world = World("sqlite", folder, dict.fromkeys(("all", "public", "staff"), url), url)
    world.prepare()
    return world


def postgresql_world(folder: Path, cluster: Cluster, name: str) -> World:
    """A world on PostgreSQL with a role for the owner and one for each tier."""
    for role in (OWNER, PUBLIC, STAFF):
        cluster.execute(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    cluster.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    world = World(
        "postgresql",
        folder,
        {"all": cluster.url(name, OWNER), "public": cluster.url(name, PUBLIC), "staff": cluster.url(name, STAFF)},
        cluster.url(name, OWNER),
        superuser_url=cluster.url(name).replace("postgresql://", "postgresql+psycopg://"),
    )
    world.prepare()
    world.open_days(date(2026, 11, 20))
    world.grant()
    return world


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    """An application context with a session of its own."""
    with app.app_context():
        yield
        db.session.remove()


def vault_of(app: Flask) -> Vault:
    """The keys of an application."""
    vault: Vault = app.extensions["checkin_vault"]
    return vault
