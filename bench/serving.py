"""Servers under the project's own gunicorn configuration, and what their workers weigh."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checkin.config import ROOT
from tests.servers import free_port

PROXIED = {"CHECKIN_PROXIES": "1"}
"""Each visitor comes from an address of their own, which the proxy in front says: the rate limit counts by it."""


OTHERS = (
    "CHECKIN_",
    "PROMETHEUS_",
    "DATABASE_URL",
    "MIGRATE_URL",
    "REPLICA_",
    "RATELIMIT_",
    "NO_DEMO",
    "REQUIRE_SECOND_FACTOR",
)
"""Settings of whoever runs the bench, which are not its own."""


@dataclass(frozen=True)
class Served:
    """A server that answers."""

    port: int
    pid: int

    @property
    def origin(self) -> str:
        """Its address as browsers see it."""
        return f"http://localhost:{self.port}"

    def workers(self) -> list[int]:
        """Process numbers of the workers."""
        return children(self.pid)

    def cpu(self) -> float:
        """Seconds of processor that the server has used with all its workers, those that ended too."""
        return cpu(self.pid)

    def memory(self) -> dict[int, float]:
        """PSS of each worker in MB by its process number; a worker that just ended is left out."""
        found = {}
        for pid in self.workers():
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
                found[pid] = sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
        return found


def children(pid: int) -> list[int]:
    """Processes that a process started and that still run."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def cpu(pid: int) -> float:
    """Seconds of processor used by a process, by its children that ended, and by those that run."""
    ticks = sum(_ticks(pid)) + sum(sum(_ticks(child)[:2]) for child in children(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> list[int]:
    """User, system, and both of children that ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return [0, 0, 0, 0]
    return [int(number) for number in text.rpartition(")")[2].split()[11:15]]


@contextlib.contextmanager
def serve(
    env: dict[str, str], log: Path, *, app: str = "wsgi:app", workers: int = 2, options: tuple[str, ...] = ()
) -> Iterator[Served]:
    """Serve with checkin/gunicorn_conf.py, `options` over it; ends the server it started."""
    port = free_port()
    mine = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)}
    full = {
        **mine,
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
        "PUBLIC_ORIGIN": f"http://localhost:{port}",
        "LOG_LEVEL": "warning",
        **env,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "checkin/gunicorn_conf.py", *options, app],
            cwd=ROOT,
            env=full,
            stdout=out,
            stderr=out,
        )
    try:
        _wait(process, port, log)
        yield Served(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(log.read_text(errors="replace")[-3000:])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                if answer.read() == b"ok\n":
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(0.1)
