"""The bench's own PostgreSQL: loaded without waiting for the disk, measured as a real one stands."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import Cluster

COMMON = """
shared_buffers=4GB
effective_cache_size=12GB
work_mem=32MB
max_connections=80
max_wal_size=8GB
checkpoint_timeout=15min
random_page_cost=1.1
jit=off
autovacuum_naptime=1min
log_line_prefix='%p '
"""
LOADING = "fsync=off\nsynchronous_commit=off\nfull_page_writes=off\nwal_level=minimal\nmax_wal_senders=0\n"
DURABLE = "fsync=on\nsynchronous_commit=on\nfull_page_writes=on\nwal_level=replica\n"


@contextmanager
def own(*, small: bool) -> Iterator[tuple[Cluster, Path]]:
    """A new server, set to load, and a folder for what else is needed; both are taken away at the end."""
    folder = Path(tempfile.mkdtemp(prefix="checkin-bench-"))
    try:
        server = create(small=small)
        try:
            yield server, folder
        finally:
            server.remove()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def create(*, small: bool) -> Cluster:
    """A new server, set to load."""
    cluster = Cluster.create(durable=True)
    common = COMMON.replace("4GB", "512MB", 1) if small else COMMON
    with _settings(cluster).open("a") as file:
        file.write(f"include 'bench.conf'\n{common}")
    _set(cluster, LOADING)
    restart(cluster)
    return cluster


def make_durable(cluster: Cluster) -> None:
    """End the loading: everything on the disk, and from now on every commit waits for it."""
    cluster.execute("CHECKPOINT")
    _set(cluster, DURABLE)
    restart(cluster)
    os.sync()
    asked = ("fsync", "synchronous_commit", "full_page_writes")
    for name in asked:
        found = setting(cluster, name)
        if found != "on":
            raise RuntimeError(f"{name} is {found}: nothing measured so would count")


def restart(cluster: Cluster) -> None:
    """Stop the server in order and start it with its present settings."""
    os.kill(pid(cluster), signal.SIGINT)
    if cluster.process is not None:
        cluster.process.wait(300)
    cluster.start()


def pid(cluster: Cluster) -> int:
    """The server's own process, behind the program that starts it as another user."""
    return int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])


def setting(cluster: Cluster, name: str) -> str:
    """A setting of the server as it runs."""
    import psycopg

    with psycopg.connect(cluster.url("postgres")) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""


def log(cluster: Cluster) -> Path:
    """What the server writes."""
    return cluster.folder / "server.log"


def _settings(cluster: Cluster) -> Path:
    return cluster.folder / "data" / "postgresql.conf"


def _set(cluster: Cluster, text: str) -> None:
    # Read after everything else that the file says, so that it wins.
    path = cluster.folder / "data" / "bench.conf"
    path.write_text(text)
    path.chmod(0o644)
