"""Servers that tests start themselves, on free ports and in temporary folders, and end by their process."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parent.parent
POSTGRESQL_MISSING = (
    "PostgreSQL is missing: 'apt-get install postgresql' (only its programs are used, on a port of our own)"
)


def free_port() -> int:
    """A port that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgresql_programs() -> Path | None:
    """Folder of initdb and postgres; the newest version that is installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@dataclass
class Cluster:
    """A PostgreSQL server of our own."""

    programs: Path
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, *, durable: bool = False, inside: Path | None = None) -> "Cluster":
        """Make and start a server in a folder of its own. Without `durable` it does not wait for the disk."""
        programs = postgresql_programs()
        if programs is None:
            raise RuntimeError(POSTGRESQL_MISSING)
        # Not under pytest's own folder, which is closed to the user that the server runs as.
        folder = Path(tempfile.mkdtemp(prefix="checkin-postgresql-", dir=inside))
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
        cluster = cls(programs, folder, free_port())
        cluster._run(
            "initdb",
            "-D",
            str(folder / "data"),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-locale",
        )
        with (folder / "data" / "postgresql.conf").open("a") as conf:
            conf.write(f"port={cluster.port}\nlisten_addresses='127.0.0.1'\nunix_socket_directories='{folder}'\n")
            conf.write("max_connections=60\nshared_buffers=64MB\nlog_min_messages=warning\n")
            if not durable:
                conf.write("fsync=off\nsynchronous_commit=off\nfull_page_writes=off\n")
        cluster.start()
        return cluster

    def replica(self) -> "Cluster":
        """Make and start a server that follows this one by streaming."""
        folder = Path(tempfile.mkdtemp(prefix="checkin-postgresql-"))
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        made = Cluster(self.programs, folder, free_port())
        made._run(
            "pg_basebackup",
            "-R",  # writes down whom to follow
            "--checkpoint=fast",
            "--no-sync",
            "-D",
            str(folder / "data"),
            "-d",
            self.url("postgres").rsplit("/", 1)[0],
        )
        with (folder / "data" / "postgresql.conf").open("a") as conf:
            conf.write(f"port={made.port}\nunix_socket_directories='{folder}'\n")
        made.start()
        return made

    def _as_user(self) -> list[str]:
        return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self._as_user(), str(self.programs / program), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.folder,
        )

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._as_user(), str(self.programs / "postgres"), "-D", str(self.folder / "data")],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "server.log").read_text()[-2000:]) from None
                time.sleep(0.05)

    @property
    def pid(self) -> int:
        """The server's own number, which it writes down: it runs as another user, behind a program that starts it."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def stop(self) -> None:
        """Stop the server at once, as when its machine loses power; nothing is left behind."""
        if self.process is None or self.process.poll() is not None:
            return
        os.kill(self.pid, signal.SIGQUIT)  # what PostgreSQL calls an immediate shutdown
        self.process.wait(20)

    def remove(self) -> None:
        """Stop the server and take its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, user: str = "postgres") -> str:
        """Address of a database as a role."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each on its own."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]


@contextlib.contextmanager
def gunicorn(
    env: dict[str, str], log: Path, *, workers: int = 1, before: tuple[str, ...] = (sys.executable,)
) -> Iterator[str]:
    """Serve the product in a process of its own; yields its address once it answers as ours."""
    port = free_port()
    full = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("CHECKIN_", "PROMETHEUS_"))},
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
        "PUBLIC_ORIGIN": f"http://localhost:{port}",
        **env,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*before, "-m", "gunicorn", "-c", "checkin/gunicorn_conf.py", "wsgi:app"],
            cwd=ROOT,
            env=full,
            stdout=out,
            stderr=out,
        )
    try:
        address = f"http://localhost:{port}"
        deadline = time.monotonic() + 40
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text(errors="replace")[-3000:])
            try:
                with urllib.request.urlopen(f"{address}/healthz", timeout=2) as answer:
                    if answer.read() == b"ok\n":
                        break
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                pass
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(25)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


REDIS_MISSING = "Redis is missing: 'apt-get install redis-server' (only its program is used, on a port of our own)"


def redis_program() -> str | None:
    """Where redis-server is."""
    return shutil.which("redis-server")


@dataclass
class Redis:
    """A Redis server of our own, which keeps nothing."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it and wait until its port is open."""
        program = redis_program()
        if program is None:
            raise RuntimeError(REDIS_MISSING)
        arguments = f"--port {self.port} --bind 127.0.0.1 --dir {self.folder} --appendonly no --daemonize no".split()
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([program, *arguments, "--save", ""], stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "redis.log").read_text()[-2000:]) from None
                time.sleep(0.02)

    def stop(self) -> None:
        """End it at once."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
