"""Filling a database: venues, people and the visits of three weeks, by COPY into tables without indexes."""

import multiprocessing
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
from flask import Flask

from bench import province, rows
from bench.people import identity, told
from bench.plan import FULL_VISITS, OLDEST, Size
from bench.rows import Keys, packed
from checkin import clock
from checkin.db import db
from checkin.declarations import service as declarations
from checkin.declarations.models import Declaration
from checkin.fold import fold
from checkin.ids import new_id
from checkin.names import mask_for_desk
from checkin.people.identity import indexes
from checkin.places import queries as places
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.codes import new_code
from checkin.venues.finding import searched
from checkin.venues.kinds import KINDS
from checkin.visits import service
from tests.servers import Cluster
from tests.worlds import OWNER, PUBLIC, STAFF, World, inside, vault_of

SEED = 20_211
SEALED = 20_000
"""Declarations that are really sealed; their bytes stand under as many ids as there are declarations."""
SEALED_WHEN_SMALL = 1_000
INDEXED = ("visit", "declaration")
KIND = "market"
"""Of the venues that the figures are about."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """What a load left behind, and how long it took."""

    codes: list[str]
    """Code of each venue, the busiest first; the last is of one where nobody ever was."""
    venue_ids: list[str]
    communes: list[str]
    secrets: list[str]
    """Of the devices of those who return."""
    today: date
    visits: int
    declarations: int
    seconds: float


@dataclass(frozen=True)
class _Task:
    url: str
    size: Size
    leaf: dict[str, str]  # by table
    ago: int
    today: date
    elapsed: float


_keys: Keys  # what the loading processes inherit


def load(world: World, size: Size, say: Say, *, processes: int = 2) -> Loaded:
    """Fill the migrated, empty database of a world, so many days at a time."""
    global _keys
    began = time.perf_counter()
    app = world.app()
    url = world.superuser_url
    now = clock.now()
    today = clock.today()
    with inside(app):
        rules: RuleSet = app.extensions["checkin_rules"].on(today)
        communes = [place.id for place in places.communes_of(db.session(), app.extensions["checkin_config"].province)]
    vault = vault_of(app)
    rng = np.random.default_rng(SEED)
    device_secrets = [secrets.token_hex(32) for _ in range(size.known)]
    _keys = _make_keys(app, vault, size, rules, communes, device_secrets, now, rng)
    with psycopg.connect(url) as connection:
        codes = _venues(connection, vault, size, communes, now)
        _people(connection, vault, size, communes, now, rng)
        leaves = [_leaf(connection, today - timedelta(days=ago)) for ago in range(OLDEST, -1, -1)]
    say(f"  venues and people: {time.perf_counter() - began:.0f} s")
    start = clock.day_bounds(today)[0]
    elapsed = (clock.now() - start) / timedelta(days=1)
    tasks = [_Task(url, size, leaf, OLDEST - n, today, elapsed) for n, leaf in enumerate(leaves)]
    counts = [0, 0]
    with _mapping(processes) as each:
        for done, (visits, declared) in enumerate(each(_load_leaf, tasks), start=1):
            counts[0] += visits
            counts[1] += declared
            say(f"  {done}/{len(tasks)} days, {counts[0]:,} visits, {time.perf_counter() - began:.0f} s")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) visit, declaration, person, venue, code")
    return Loaded(
        codes=codes,
        venue_ids=[bytes(row).hex() for row in _keys.venues],
        communes=communes,
        secrets=device_secrets,
        today=today,
        visits=counts[0],
        declarations=counts[1],
        seconds=time.perf_counter() - began,
    )


@contextmanager
def _mapping(processes: int) -> Iterator[Callable[..., Iterator[tuple[int, int]]]]:
    """What applies a function to each of a list, in processes that know what this one knows, or here."""
    if processes == 1:
        yield map
        return
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
        yield pool.map


def make_world(folder: Path, cluster: Cluster, name: str) -> World:
    """A migrated database with a role for each tier, the places, and a table for each day that the bench needs."""
    for role in (OWNER, PUBLIC, STAFF):
        cluster.execute(f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    cluster.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    world = World(
        "postgresql",
        folder,
        {"all": cluster.url(name, OWNER), "public": cluster.url(name, PUBLIC), "staff": cluster.url(name, STAFF)},
        cluster.url(name, OWNER),
        superuser_url=cluster.url(name),
    )
    world.prepare()
    world.grant()
    with inside(world.app()):
        for ago in range(-2, OLDEST + 1):
            service.open_day(db.session(), clock.today() - timedelta(days=ago))
        db.session.commit()
    return world


def _make_keys(
    app: Flask,
    vault: Vault,
    size: Size,
    rules: RuleSet,
    communes: list[str],
    device_secrets: list[str],
    now: datetime,
    rng: np.random.Generator,
) -> Keys:
    devices = np.frombuffer(rng.bytes(16 * size.people), np.uint8).reshape(-1, 16).copy()
    devices[: size.known] = np.frombuffer(b"".join(map(vault.device, device_secrets)), np.uint8).reshape(-1, 16)
    province_id = app.extensions["checkin_config"].province
    masked = [mask_for_desk(identity(n, communes, province_id).full_name).encode() for n in range(2_000)]
    lengths = [len(name) for name in masked]
    usual = max(set(lengths), key=lengths.count)
    names = np.frombuffer(b"".join(name for name in masked if len(name) == usual), np.uint8).reshape(-1, usual)
    columns = tuple(column.name for column in Declaration.__table__.columns if column.name not in _DECLARATION_KEYS)
    sealed = []
    for number in range(SEALED if size.scale == 1 else SEALED_WHEN_SMALL):
        who = identity(number % size.known, communes, province_id)
        row = declarations.row(
            vault, declaration_id=new_id(now), made_at=now, person_id=new_id(now), rules=rules, told=told(number, who)
        )
        sealed.append(packed([row[name] for name in columns]))
    table = rules["stays"]["default_minutes"]
    return Keys(
        venues=rows.random_ids(size.venues, rng, now),
        people=rows.random_ids(size.people, rng, now),
        devices=devices,
        minutes=np.array([table[kind] for kind in _kinds(size)], dtype=np.int64),
        longest=rules.longest_cap,
        names=names,
        declarations=sealed,
        declaration_columns=(*_DECLARATION_KEYS, *columns),
    )


_DECLARATION_KEYS = ("id", "made_at", "person_id")


def _kinds(size: Size) -> list[str]:
    """Kind of each venue: the twins are markets, the others of every kind but hotels."""
    others = [kind for kind in KINDS if kind != "hotel"]
    kinds = [others[rank % len(others)] for rank in range(size.venues)]
    for rank in province.twins(size):
        kinds[rank] = KIND
    return kinds


def _venues(connection: psycopg.Connection, vault: Vault, size: Size, communes: list[str], now: datetime) -> list[str]:
    registered = now - timedelta(days=90)
    codes: dict[str, None] = {}
    while len(codes) <= size.venues:  # one more, where nobody ever was
        codes[new_code()] = None
    ids = [*(bytes(row).hex() for row in _keys.venues), new_id(now).hex]
    kinds = [*_kinds(size), KIND]
    contact = vault.lock("owner", {"phone": "+842033825499"})
    with connection.cursor() as cursor:
        with cursor.copy(
            "COPY venue (id, name, name_fold, kind, address, search_fold, commune_id, state, contact, registered_at) "
            "FROM STDIN"
        ) as copy:
            for rank, venue_id in enumerate(ids):
                name = f"Địa điểm số {rank + 1}"
                commune = communes[rank % len(communes)]
                address = f"Số {rank % 400 + 1}, đường Trần Phú"
                copy.write_row(
                    (venue_id, name, fold(name), kinds[rank], address, searched(name, address), commune, "active",
                     contact, registered)
                )  # fmt: skip
        with cursor.copy("COPY code (code, venue_id, issued_at) FROM STDIN") as copy:
            for code, venue_id in zip(codes, ids, strict=True):
                copy.write_row((code, venue_id, registered))
    connection.commit()
    return list(codes)


def _people(
    connection: psycopg.Connection,
    vault: Vault,
    size: Size,
    communes: list[str],
    now: datetime,
    rng: np.random.Generator,
) -> None:
    """Those who return by their true indexes; the others by random bytes, which is what indexes look like."""
    # As many people as visits are loaded could be over their time; the others came first a few days ago.
    made = np.full(size.people, rows.micros(now - timedelta(days=5)))
    made[: round(size.people * min(1, size.visits / FULL_VISITS))] = rows.micros(now - timedelta(days=30))
    commune = np.frombuffer("".join(communes).encode(), np.uint8).reshape(len(communes), -1)
    told = []
    for number in range(size.known):
        who = identity(number, communes, "22")
        found = indexes(vault, full_name=who.full_name, birth_year=who.birth_year, id_number="", phone=who.phone)
        told.append(found.name + found.phone)
    known = np.frombuffer(b"".join(told), np.uint8).reshape(-1, 32)
    others = np.frombuffer(rng.bytes(48 * (size.people - size.known)), np.uint8).reshape(-1, 48)
    cut = size.known
    homes = commune[np.arange(size.people) % len(communes)]
    of = [_keys.people[cut:], others[:, :16], others[:, 16:32], others[:, 32:], homes[cut:], made[cut:]]
    with _without_indexes(connection, "person"), _copy(connection, "person", rows.PERSON_COLUMNS) as copy:
        copy.write(rows.pack(cut, [_keys.people[:cut], known[:, :16], b"", known[:, 16:], homes[:cut], made[:cut]]))
        copy.write(rows.pack(size.people - cut, of))


def _leaf(connection: psycopg.Connection, day: date) -> dict[str, str]:
    """The tables of a day, by the table that they are a part of."""
    start, end = clock.day_bounds(day)
    found = connection.execute(
        "SELECT inhparent::regclass::text, c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid "
        "WHERE inhparent = ANY (%s::regclass[]) AND pg_get_expr(c.relpartbound, c.oid) = "
        "format('FOR VALUES FROM (%%L) TO (%%L)', %s::timestamptz, %s::timestamptz)",
        [list(INDEXED), start, end],
    ).fetchall()
    if len(found) != len(INDEXED):
        raise RuntimeError(f"there are no tables for {day}")
    return dict(found)


def _load_leaf(task: _Task) -> tuple[int, int]:
    """Visits and declarations of a day into their tables; how many of each."""
    day = province.visits_of(task.size, task.ago, seed=SEED, elapsed=1.0 if task.ago else task.elapsed)
    start = clock.day_bounds(task.today - timedelta(days=task.ago))[0]
    with psycopg.connect(task.url) as first, psycopg.connect(task.url) as second:
        for connection in (first, second):
            connection.execute("SET maintenance_work_mem = '1GB'")
            connection.execute("SET max_parallel_maintenance_workers = 0")
            connection.commit()
        with (
            _without_indexes(first, task.leaf["visit"]),
            _without_indexes(second, task.leaf["declaration"]),
            _copy(first, task.leaf["visit"], rows.VISIT_COLUMNS) as to_visits,
            _copy(second, task.leaf["declaration"], _keys.declaration_columns) as to_declarations,
        ):
            for visit_bytes, declaration_bytes in rows.of_day(day, start, _keys, [SEED, task.ago, 1]):
                to_visits.write(visit_bytes)
                to_declarations.write(declaration_bytes)
    return len(day), int(day.declared.sum())


@contextmanager
def _copy(connection: psycopg.Connection, table: str, columns: tuple[str, ...]) -> Iterator[psycopg.Copy]:
    """A binary COPY into an empty table: rows arrive frozen, so that an index alone can answer at once."""
    connection.execute(f'TRUNCATE "{table}"')  # type: ignore[call-overload]
    with connection.cursor() as cursor:
        statement = f'COPY "{table}" ({", ".join(columns)}) FROM STDIN (FORMAT binary, FREEZE)'
        with cursor.copy(statement) as copy:  # type: ignore[call-overload]
            copy.write(rows.HEAD)
            yield copy
            copy.write(rows.TAIL)
    connection.commit()


@contextmanager
def _without_indexes(connection: psycopg.Connection, table: str) -> Iterator[None]:
    """Take indexes and keys off a table, a part of another too, and put them back afterwards."""

    def run(statement: str) -> None:
        connection.execute(statement)  # type: ignore[call-overload]

    parent = connection.execute(
        "SELECT i.inhparent::regclass::text, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i "
        "JOIN pg_class c ON c.oid = i.inhrelid WHERE c.oid = %s::regclass",
        [table],
    ).fetchone()
    if parent:
        run(f'ALTER TABLE {parent[0]} DETACH PARTITION "{table}"')
    keys = connection.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'p'",
        [table],
    ).fetchall()
    indexes = connection.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = %s::regclass AND NOT indisprimary",
        [table],
    ).fetchall()
    # Of tables that are empty yet: what they refer to could be neither emptied nor left without its key.
    foreign = connection.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE confrelid = %s::regclass AND contype = 'f'",
        [table],
    ).fetchall()
    for other, name, _ in foreign:
        run(f'ALTER TABLE {other} DROP CONSTRAINT "{name}"')
    for name, _ in keys:
        run(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    connection.commit()
    yield
    for name, definition in keys:
        run(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
    for _, definition in indexes:
        run(definition)
    for other, name, definition in foreign:
        run(f'ALTER TABLE {other} ADD CONSTRAINT "{name}" {definition}')
    if parent:
        run(f'ALTER TABLE {parent[0]} ATTACH PARTITION "{table}" {parent[1]}')
    connection.commit()
