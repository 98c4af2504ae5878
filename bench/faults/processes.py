"""Processes that a run starts itself, ended by their own number and started again by a keeper, as systemd would."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.servers import ROOT, Cluster, free_port

WORKERS = 2


def children(pid: int) -> list[int]:
    """Processes that a process started; none when it is gone."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    """End a process that we started; one that is gone already is no error."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


@dataclass
class Server:
    """The product under gunicorn, on the same port after every start."""

    env: dict[str, str]
    folder: Path
    app: str = "wsgi:app"
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    # Workers whose master was killed: they must go by themselves.
    orphans: list[int] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    @property
    def workers(self) -> list[int]:
        return children(self.process.pid) if self.process else []

    def start(self) -> None:
        """Start it and do not wait."""
        env = {name: value for name, value in os.environ.items() if not name.startswith(("CHECKIN_", "PROMETHEUS_"))}
        env |= {
            "PORT": str(self.port),
            "WEB_CONCURRENCY": str(WORKERS),
            "PUBLIC_ORIGIN": f"http://localhost:{self.port}",
            # Each visitor comes from an address of their own, as behind a reverse proxy: the limits stay on.
            "CHECKIN_PROXIES": "1",
            # A master that is killed cannot take its files away.
            "TMPDIR": str(self.folder),
            **self.env,
        }
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "checkin/gunicorn_conf.py", self.app],
                cwd=ROOT,
                env=env,
                stdout=out,
                stderr=out,
            )

    def wait(self) -> float:
        """Wait until it answers; seconds that this took."""
        begun = time.monotonic()
        while True:
            if self.ended or time.monotonic() - begun > 60:
                raise RuntimeError(self.log.read_text(errors="replace")[-3000:])
            with suppress(OSError), urllib.request.urlopen(f"http://localhost:{self.port}/healthz", timeout=2) as page:
                if page.read() == b"ok\n":
                    return time.monotonic() - begun
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it gracefully; what does not go is killed."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(25)
        except subprocess.TimeoutExpired:
            for pid in [self.process.pid, *self.workers]:
                kill(pid)
            self.process.wait()
        for pid in self.left_behind():
            kill(pid)

    def left_behind(self) -> list[int]:
        """Workers that outlived their master and did not go."""
        mine = f"PORT={self.port}\0".encode()
        left = []
        for pid in self.orphans:
            with suppress(OSError):
                if mine in Path(f"/proc/{pid}/environ").read_bytes():
                    left.append(pid)
        return left


def kill_cluster(cluster: Cluster) -> None:
    """Kill every process of a PostgreSQL server at once; none of them can write anything more."""
    process, postmaster = cluster.process, cluster.pid
    kill(postmaster, signal.SIGSTOP)  # else it would start new ones meanwhile
    for pid in [*children(postmaster), postmaster]:
        kill(pid)
    deadline = time.monotonic() + 20
    while process and process.poll() is None:
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL was killed and has not ended")
        # runuser, behind which it runs, stops when its child was stopped.
        kill(process.pid, signal.SIGCONT)
        time.sleep(0.02)


def replica_of(cluster: Cluster) -> Cluster:
    """A server that follows another by streaming, asynchronously."""
    folder = Path(tempfile.mkdtemp(prefix="checkin-replica-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    replica = Cluster(cluster.programs, folder, free_port())
    place = ["-h", "127.0.0.1", "-p", str(cluster.port), "-U", "postgres", "-D", str(folder / "data")]
    replica._run("pg_basebackup", *place, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
    with (folder / "data" / "postgresql.conf").open("a") as conf:
        conf.write(f"port={replica.port}\nunix_socket_directories='{folder}'\nwal_retrieve_retry_interval=500ms\n")
    replica.start()
    return replica


def wait_until_even(cluster: Cluster, replica: Cluster, seconds: float = 60) -> None:
    """Wait until the replica has replayed all that the primary has written."""
    with psycopg.connect(cluster.url("postgres")) as connection:
        position = connection.execute("SELECT pg_current_wal_flush_lsn()").fetchone()
    deadline = time.monotonic() + seconds
    with psycopg.connect(replica.url("postgres"), autocommit=True) as connection:
        while True:
            row = connection.execute("SELECT pg_last_wal_replay_lsn() >= %s", position).fetchone()
            if row and row[0]:
                return
            if time.monotonic() > deadline:
                raise RuntimeError("the replica does not catch up")
            time.sleep(0.1)
