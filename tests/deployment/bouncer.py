"""A pgbouncer of our own in transaction mode, as docs/deployment.md sets it up, with as few connections as go."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.servers import Cluster, free_port
from tests.worlds import OWNER, PUBLIC, STAFF

MISSING = "pgbouncer is missing: 'apt-get install pgbouncer' (only its program is used, on a port of our own)"


def program() -> str | None:
    """Where pgbouncer is installed; also beside the administrator's programs, which not everybody's path has."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


@dataclass
class Bouncer:
    """pgbouncer before one database of a cluster: one server connection for each role."""

    folder: Path
    port: int
    database: str
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, cluster: Cluster, database: str, **settings: str | int) -> "Bouncer":
        """Write the settings into a folder of its own and start."""
        folder = Path(tempfile.mkdtemp(prefix="checkin-pgbouncer-"))
        made = cls(folder, free_port(), database)
        values: dict[str, str | int] = {
            "listen_addr": "127.0.0.1",
            "listen_port": made.port,
            "unix_socket_dir": "",
            "pidfile": str(folder / "pid"),
            "auth_type": "trust",
            "auth_file": str(folder / "users"),
            "pool_mode": "transaction",
            "default_pool_size": 1,
            # A request that needed two server connections at once would wait for itself; here it fails.
            "query_wait_timeout": 5,
            **settings,
        }
        lines = [f"{name} = {value}" for name, value in values.items()]
        database_line = f"{database} = host=127.0.0.1 port={cluster.port} dbname={database}"
        (folder / "ini").write_text("\n".join(["[databases]", database_line, "[pgbouncer]", *lines, ""]))
        (folder / "users").write_text("".join(f'"{role}" ""\n' for role in (OWNER, PUBLIC, STAFF)))
        if os.geteuid() == 0:  # it refuses to run as root
            for path in (folder, folder / "ini", folder / "users"):
                shutil.chown(path, "postgres")
        made.start()
        return made

    def start(self) -> None:
        """Start and wait until a connection is taken."""
        as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*as_user, str(program()), str(self.folder / "ini")], stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(self.url(STAFF), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)

    def stop(self) -> None:
        """End it at once; it keeps nothing that could be lost."""
        if self.process is None or self.process.poll() is not None:
            return
        os.kill(int((self.folder / "pid").read_text()), signal.SIGKILL)
        self.process.wait(20)
        (self.folder / "pid").unlink()

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, role: str) -> str:
        """Address of the database as a role."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{self.database}"
