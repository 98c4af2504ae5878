"""How long `flask venues import` takes: `.venv/bin/python -m bench.register_file ROWS DATABASE FORM`,
by default 60000 postgresql csv.

A server and an instance of its own, durable; a register of so many rows as messy as registers are (`messy`): read
twice, and every row counted. Printed as JSON.
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
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter
from flask_migrate import upgrade

from checkin import create_app
from checkin.config import ROOT, Config
from checkin.db import db
from checkin.demo.names import personal_name
from checkin.demo.numbers import landline, phone
from checkin.fold import fold
from checkin.keys import generate
from checkin.places import service
from checkin.places.gazetteer import gazetteer
from checkin.places.rows import COMMUNE, OLD_COMMUNE, OLD_DISTRICT
from tests.servers import Cluster

HEADER = [
    "STT", "MÃ SỐ THUẾ", "Tên cơ sở (*)", "Loại hình", "Địa chỉ kinh doanh", "Xã/Phường", "Huyện/TX/TP", "Số ĐT",
    "Giờ hoạt động", "Nằm trong", "Ghi chú",
]  # fmt: skip
STREETS = ("Trần Phú", "Lê Thánh Tông", "Kênh Liêm", "25 tháng 4", "Nguyễn Văn Cừ", "Hạ Long", "Cái Dăm", "Bãi Muối")
SIGNS = (
    ("Cửa hàng tạp hoá", "Bán lẻ"), ("Quán phở", "Dịch vụ ăn uống"), ("Nhà thuốc", "Dược"), ("Khách sạn", "Lưu trú"),
    ("Karaoke", "karaoke"), ("Cắt tóc", ""), ("Công ty TNHH", "Xây dựng"), ("Chợ", "Chợ"),
    ("Đại lý xe máy", "thương mại"),
    ("Trường Mầm non", "giáo dục"), ("Xưởng cơ khí", "Sản xuất"), ("Quán", "dịch vụ lạ"),
)  # fmt: skip
HOURS = ("", "7h - 21h", "07:30–22:00", "24/24", "sáng đến tối", "6 giờ sáng đến 9 giờ tối")


def messy(rows: int, seed: int = 1) -> Iterator[list[object]]:
    """Rows of a register: older and present communes, lost accents and zeros, numbers as numbers, wrong rows."""
    rng, units = random.Random(seed), gazetteer()
    new = [row for row in units.units[COMMUNE].values() if row.parent == "22"]
    old = [
        (row, district)
        for row in units.units[OLD_COMMUNE].values()
        if (district := units.units[OLD_DISTRICT][row.parent]).parent == "22"
    ]
    past: list[list[object]] = []
    for number in range(rows):
        if past and rng.random() < 0.02:
            # The same business once more, as somebody else would write it.
            again = list(rng.choice(past))
            again[2] = fold(str(again[2])) if rng.random() < 0.5 else again[2]
            again[4] = f"{again[4]} "
            yield [number + 1, *again[1:]]
            continue
        sign, kind = rng.choice(SIGNS)
        name = f"{sign} {personal_name(rng, rng.choice(['male', 'female']), 1970)} {rng.randint(1, 9999)}"
        address = f"Số {rng.randint(1, 900)}, đường {rng.choice(STREETS)}"
        commune, district = rng.choice(new).full_name, ""
        if rng.random() < 0.4:
            before, of = rng.choice(old)
            commune, district = rng.choice((before.full_name, before.name)), rng.choice((of.full_name, of.name, ""))
        told: object = rng.choice((phone(number), landline(rng), ""))
        if told and rng.random() < 0.3:
            told = int("".join(filter(str.isdigit, str(told))))  # as a spreadsheet keeps it
        tax: object = f"57{number:08d}" if rng.random() < 0.6 else ""
        row: list[object] = [number + 1, tax, name, kind, address, commune, district, told, rng.choice(HOURS), "", "x"]
        wrong = rng.random()
        if wrong < 0.01:
            row[rng.choice((2, 4, 5))] = ""
        elif wrong < 0.015:
            row[5], row[6] = "Phường Không Có", ""
        elif wrong < 0.02:
            row[2] = "x" * 300
        elif wrong < 0.025:
            row[1] = "5,70E+09"
        elif wrong < 0.12:
            row[2] = fold(name).upper()
        elif wrong < 0.2:
            row[2], row[4] = (unicodedata.normalize("NFD", str(cell)) for cell in (row[2], row[4]))
        if len(past) < 5000:
            past.append(row)
        yield row


def write_csv(path: Path, rows: int) -> None:
    """As a spreadsheet of the country saves it: a title, semicolons."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["DANH SÁCH CƠ SỞ KINH DOANH", *[""] * (len(HEADER) - 1)])
        writer.writerow(HEADER)
        writer.writerows(messy(rows))


def write_xlsx(path: Path, rows: int) -> None:
    """The same as a workbook, numbers as numbers."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Sổ")
        sheet.write_row(0, 0, ["DANH SÁCH CƠ SỞ KINH DOANH"])
        sheet.write_row(1, 0, HEADER)
        for number, row in enumerate(messy(rows), start=2):
            sheet.write_row(number, 0, row)


def main(rows: int, kind: str, form: str) -> None:
    with tempfile.TemporaryDirectory(prefix="checkin-register-") as name:
        folder = Path(name)
        cluster = Cluster.create(durable=True) if kind == "postgresql" else None
        try:
            found = measure(folder, cluster, rows, form)
        finally:
            if cluster:
                cluster.remove()
    print(json.dumps({"database": kind, "form": form, **found}, indent=1))


def measure(folder: Path, cluster: Cluster | None, rows: int, form: str) -> dict[str, object]:
    url = cluster.url("postgres") if cluster else f"sqlite:///{folder / 'checkin.db'}"
    settings = {"CHECKIN_INSTANCE": str(folder), "DATABASE_URL": url, "NO_DEMO": "1"}
    prepare(settings)
    path = folder / f"register.{form}"
    (write_xlsx if form == "xlsx" else write_csv)(path, rows)
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "venues", "import", str(path)]
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("CHECKIN_")}, **settings}
    out: dict[str, object] = {"file, MB": round(path.stat().st_size / 1e6, 1), "load at the start": os.getloadavg()[0]}
    for label in ("first", "repeat"):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        given = [*command, "--report", str(folder / f"{label}.csv")]
        said = subprocess.run(given, env=env, cwd=ROOT, capture_output=True, text=True)
        took, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if said.returncode:
            raise SystemExit(said.stdout[-2000:] + said.stderr[-2000:])
        counts = json.loads(said.stdout.strip().splitlines()[-1])
        if counts["rows"] != rows or sum(counts.values()) != 2 * rows:
            raise SystemExit(f"rows are missing: {counts}")
        if label == "repeat" and (counts["created"] or counts["updated"]):
            raise SystemExit(f"reading it again changed something: {counts}")
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        out |= {f"{label}, s": round(took, 1), f"{label}, s of CPU": round(cpu, 1), f"{label}, result": counts}
        # In kilobytes; of the largest process.
        out["largest process, MB"] = round(after.ru_maxrss / 1024)
    return out | {"load at the end": os.getloadavg()[0]}


def prepare(settings: dict[str, str]) -> None:
    """An instance with places and no venue."""
    generate(Path(settings["CHECKIN_INSTANCE"]) / "keys")
    app = create_app(Config.from_env(settings))
    with app.app_context():
        upgrade(directory=str(ROOT / "checkin" / "migrations"))
        service.load(db.session())
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


if __name__ == "__main__":
    given = [*sys.argv[1:], *("60000", "postgresql", "csv")[len(sys.argv) - 1 :]]
    main(int(given[0]), given[1], given[2])
