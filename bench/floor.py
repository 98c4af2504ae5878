"""What the database alone can do: the statements of real check-ins, replayed by pgbench."""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench import cluster as clusters
from tests.servers import Cluster
from tests.worlds import PUBLIC

CLIENTS = 16
_LINE = re.compile(r"^(\d+) (?:\[[^\]]*\] )?(LOG|DETAIL|STATEMENT|ERROR|WARNING|FATAL):  (.*)$", re.DOTALL)
_PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def capture(cluster: Cluster, send: Callable[[], None]) -> list[list[str]]:
    """The statements that come while `send` runs, by transaction, with their values in place.

    The empty statement by which a pool asks whether its connection still lives is left out.
    """
    cluster.execute("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    time.sleep(0.5)  # until every connection has heard
    log = clusters.log(cluster)
    before = log.stat().st_size
    try:
        send()
    finally:
        cluster.execute("ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")
    with log.open("rb") as file:
        file.seek(before)
        return transactions(file.read().decode(errors="replace"))


def transactions(text: str) -> list[list[str]]:
    """The statements of a server's log, by transaction, in the order in which these ended."""
    entries: list[tuple[str, str, str]] = []
    for line in text.splitlines():
        match = _LINE.match(line)
        if match:
            entries.append((match[1], match[2], match[3]))
        elif entries:
            process, kind, said = entries[-1]
            entries[-1] = process, kind, f"{said}\n{line.removeprefix(chr(9))}"
    open_: dict[str, list[str]] = {}
    done = []
    for number, (process, kind, said) in enumerate(entries):
        if kind != "LOG":
            continue
        statement = _statement(said)
        if not statement:
            continue  # an empty one is a sign of life
        values = {}
        if number + 1 < len(entries) and entries[number + 1][:2] == (process, "DETAIL"):
            values = dict(_PARAMETER.findall(entries[number + 1][2]))
        mine = open_.setdefault(process, [])
        mine.append(re.sub(r"\$(\d+)", lambda m, v=values: v.get(m[1], m[0]), statement))  # type: ignore[misc]
        if statement.upper().startswith(("COMMIT", "ROLLBACK")):
            done.append(open_.pop(process))
    return done


def _statement(said: str) -> str | None:
    for mark in ("statement: ", "execute <unnamed>: ", "execute <unnamed>/<unnamed>: "):
        if said.startswith(mark):
            return said.removeprefix(mark).rstrip(";")
    match = re.match(r"execute [^:]+: (.*)", said, re.DOTALL)
    return match[1].rstrip(";") if match else None


def script(statements: list[str], since: datetime) -> str:
    """A pgbench script of one check-in: the same statements, with its device and the ids made `since` new each time."""
    text = ";\n".join(statements) + ";\n"
    fresh = [found for found in dict.fromkeys(_UUID7.findall(text)) if _made(found) >= int(since.timestamp() * 1000)]
    # A device is told as text to row-level security, and stands as bytes in the row: the same digits.
    device = next((found for found in re.findall(r"'([0-9a-f]{32})'", text) if f"\\x{found}" in text), None)
    lines = []
    for number, found in enumerate(fresh):
        lines.append(f"\\set u{number} random(100000000000, 999999999999)")
        text = text.replace(found, f"{found[:24]}:u{number}")
    if device:
        lines += [f"\\set d{half} random(1000000000000000, 9999999999999999)" for half in (0, 1)]
        text = text.replace(device, ":d0:d1")
    # pgbench reads an unknown name behind a colon as it stands, and a line as part of the statement before it.
    return "\n".join(lines) + "\n" + text


def _made(uuid: str) -> int:
    """Milliseconds since 1970 at which an id was made."""
    return int(uuid.replace("-", "")[:12], 16)


def pgbench(cluster: Cluster, database: str, scripts: list[Path], *, seconds: float) -> float:
    """Check-ins a second of these scripts by sixteen clients, each commit waiting for the disk."""
    command = [str(cluster.programs / "pgbench"), "-n", "-M", "simple", "-c", str(CLIENTS), "-j", "1"]
    command += ["-T", str(max(1, round(seconds))), "-h", "127.0.0.1", "-p", str(cluster.port), "-U", PUBLIC]
    for path in scripts:
        command += ["-f", str(path)]
    done = subprocess.run([*command, database], capture_output=True, text=True, timeout=120, check=False)
    rate = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    failed = re.search(r"failed transactions: ([0-9]+)", done.stdout)
    if done.returncode or rate is None or (failed and failed[1] != "0"):
        raise RuntimeError(f"pgbench: {done.stdout[-1000:]} {done.stderr[-2000:]}")
    return float(rate[1])
