"""How long `flask visits load` takes: `.venv/bin/python -m bench.visits_file [ROWS] [sqlite|postgresql] [PROCESSES]`.

A server and an instance of its own, durable; a file of so many rows, 0.4 people a row, over 14 days, one row in a
thousand bad. Printed as JSON. The floor is a plain COPY of the rows that came of it into tables of the same shape.
"""

import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import sqlalchemy as sa
from flask_migrate import upgrade

from checkin import clock, create_app
from checkin.audit.entry import Actor
from checkin.config import ROOT, Config
from checkin.db import db
from checkin.demo.names import family_name, personal_name
from checkin.demo.numbers import citizen_id, phone
from checkin.keys import generate
from checkin.loading.files import COLUMNS
from checkin.places import queries as places
from checkin.places import service
from checkin.venues import service as venues
from checkin.venues.models import Code
from checkin.venues.service import VenueFacts
from tests.servers import Cluster

VENUES, DAYS = 300, 14


def main(rows: int, kind: str, processes: int) -> None:
    with tempfile.TemporaryDirectory(prefix="checkin-load-") as name:
        folder = Path(name)
        cluster = Cluster.create(durable=True) if kind == "postgresql" else None
        try:
            found = measure(folder, cluster, rows, processes)
        finally:
            if cluster:
                cluster.remove()
    print(json.dumps({"database": kind, "processes": processes, **found}, indent=1))


def measure(folder: Path, cluster: Cluster | None, rows: int, processes: int) -> dict[str, object]:
    url = cluster.url("postgres") if cluster else f"sqlite:///{folder / 'checkin.db'}"
    settings = {"CHECKIN_INSTANCE": str(folder), "DATABASE_URL": url, "NO_DEMO": "1"}
    write_file(folder / "visits.csv", rows, prepare(settings))
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "visits", "load", "--processes", str(processes)]
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("CHECKIN_")}, **settings}
    out: dict[str, object] = {"rows": rows, "load at the start": os.getloadavg()[0]}
    for label in ("first", "repeat"):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        said = subprocess.run([*command, str(folder / "visits.csv")], env=env, cwd=ROOT, capture_output=True, text=True)
        took, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if said.returncode:
            raise SystemExit(said.stdout[-2000:] + said.stderr[-2000:])
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        out |= {
            f"{label}, s": round(took, 1),
            f"{label}, rows/s": round(rows / took),
            f"{label}, seconds of CPU of our processes": round(cpu, 1),
            f"{label}, result": json.loads(said.stdout.strip().splitlines()[-1]),
        }
        # In kilobytes; of the largest process.
        out["largest process, MB"] = round(after.ru_maxrss / 1024)
    if cluster:
        out["floor, s"] = round(floor(url, folder), 1)
        out["first / floor"] = round(float(out["first, s"]) / float(out["floor, s"]), 1)  # type: ignore[arg-type]
    out["load at the end"] = os.getloadavg()[0]
    return out


def prepare(settings: dict[str, str]) -> tuple[list[str], list[str], datetime]:
    """An instance with venues; their codes, the communes, and the present moment."""
    generate(Path(settings["CHECKIN_INSTANCE"]) / "keys")
    app = create_app(Config.from_env(settings))
    now = clock.now()
    with app.app_context():
        upgrade(directory=str(ROOT / "checkin" / "migrations"))
        session = db.session()
        service.load(session)
        communes = [place.id for place in places.communes_of(session, "22")]
        for number in range(VENUES):
            venues.register(
                session,
                app.extensions["checkin_vault"],
                now=now - timedelta(days=DAYS + 2),
                actor=Actor.command("bench"),
                facts=VenueFacts(
                    name=f"Chợ {number}",
                    kind="market",
                    address="",
                    commune_id=communes[number % len(communes)],
                    phone="+842033825499",
                ),
            )
        session.commit()
        codes = list(session.scalars(sa.select(Code.code)))
        db.session.remove()
        db.engine.dispose()
    return codes, communes, now


def write_file(path: Path, rows: int, world: tuple[list[str], list[str], datetime]) -> None:
    codes, communes, now = world
    rng = random.Random(1)
    people = []
    for number in range(max(int(rows * 0.4), 1)):
        born, gender = rng.randint(1940, 2020), rng.choice(["male", "female"])
        name = f"{family_name(rng)} {personal_name(rng, gender, born)}"
        id_number = citizen_id("022", gender, born, number % 1_000_000) if rng.random() < 0.7 else ""
        people.append((name, id_number, phone(number), born, rng.choice(communes)))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for number in range(rows):
            name, id_number, told, born, commune = rng.choice(people)
            entered = clock.to_local(now - timedelta(seconds=rng.randint(3600, DAYS * 86400)))
            left = entered + timedelta(minutes=rng.randint(5, 50)) if rng.random() < 0.6 else ""
            cells = [rng.choice(codes), name, id_number, told, born, commune, entered.isoformat(timespec="seconds")]
            cells += [left and left.isoformat(timespec="seconds")]
            writer.writerow(cells if number % 1000 else [*cells[:4], "19", *cells[5:]])


def floor(url: str, folder: Path) -> float:
    """Seconds that PostgreSQL needs for the same rows, copied into tables with the same indexes."""
    took = 0.0
    with psycopg.connect(url, autocommit=True) as connection:
        for table in ("person", "declaration", "visit"):
            with (folder / table).open("wb") as file, connection.cursor() as cursor:
                with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
                    file.writelines(copy)
                cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            started = time.perf_counter()
            with (
                (folder / table).open("rb") as file,
                connection.cursor() as cursor,
                cursor.copy(f"COPY floor_{table} FROM STDIN") as copy,
            ):
                while block := file.read(1 << 20):
                    copy.write(block)
            took += time.perf_counter() - started
    return took


if __name__ == "__main__":
    given = [*sys.argv[1:], *("1000000", "postgresql", "2")[len(sys.argv) - 1 :]]
    main(int(given[0]), given[1], int(given[2]))
