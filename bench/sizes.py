"""What a day weighs on the disk."""

from datetime import timedelta

import psycopg

from bench.loading import Loaded
from bench.plan import OLDEST
from bench.report import Figure, rounded
from tests.worlds import World


def measure(world: World, loaded: Loaded) -> list[Figure]:
    """Sizes of the tables of the oldest day, which is whole and declared throughout, and of the database."""
    day = f"{loaded.today - timedelta(days=OLDEST):%Y%m%d}"
    figures = []
    with psycopg.connect(world.superuser_url) as connection:
        for table in ("visit", "declaration"):
            row = connection.execute(
                "SELECT pg_relation_size(oid), pg_indexes_size(oid), reltuples FROM pg_class WHERE relname = %s",
                [f"{table}_{day}"],
            ).fetchone()
            if row is None:
                raise RuntimeError(f"{table}_{day} is missing")
            rows = max(1, round(row[2]))
            for name, size in (("rows", row[0]), ("indexes", row[1])):
                what = f"a day of {rows:,} {table}s on the disk, {name} ({size / rows:.0f} bytes each)"
                figures.append(Figure(what, rounded(size / 1024**2), "MB"))
        whole = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return [*figures, Figure("the whole database on the disk", rounded((whole[0] if whole else 0) / 1024**2), "MB")]
