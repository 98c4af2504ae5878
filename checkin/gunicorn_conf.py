"""How gunicorn serves: `gunicorn -c checkin/gunicorn_conf.py wsgi:app`.

By path, not as a module: importing the package would load the metrics before the folder is set in which
those of all workers meet.
"""

import gc
import os
import shutil
import socket
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
timeout = 30
graceful_timeout = 20
keepalive = 5
# Workers start anew now and then, not all at once, so that memory that leaks anywhere goes back.
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
accesslog = None
# Loaded once, before the workers are made: they share the memory of code, rules and places.
preload_app = True
# Nobody but the service manager steers it, by signals.
control_socket_disable = True

# Counters of all workers meet in files of this run.
_metrics = tempfile.mkdtemp(prefix="checkin-metrics-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _metrics


class Log(Logger):  # type: ignore[misc]
    """The server's own log, which repeats nothing of a request: what it cannot read may be somebody's declaration."""

    def warning(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """A line that could not be read is not written down."""
        super().warning("Invalid request" if str(msg).startswith("Invalid request") else msg, *args, **kwargs)

    def exception(self, msg: Any, *args: Any, **kwargs: Any) -> None:
        """An address may hold what somebody typed: only that it broke is written down. A broken start says all."""
        if str(msg).startswith("Error handling request"):
            super().error("Error handling a request: %s", (sys.exc_info()[0] or Exception).__name__)
        else:
            super().exception(msg, *args, **kwargs)


logger_class = Log


# Who begins a request and does not send the rest of it holds a thread no longer than this.
REQUEST_SECONDS = 4


class Worker(ThreadWorker):  # type: ignore[misc]
    """Threads, none of which waits for ever for a client, and which make way when their master is gone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Serve one request, which must be here as a whole by the time it is due."""
        self._due[conn] = time.monotonic() + REQUEST_SECONDS
        try:
            return super().handle(conn)
        finally:
            del self._due[conn]

    def notify(self) -> None:
        """Called about once a second: end what is overdue. An answer that takes long is still sent."""
        super().notify()
        now = time.monotonic()
        for conn in [conn for conn, due in self._due.copy().items() if due < now]:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)

    def is_parent_alive(self) -> bool:
        """Without a master, free the port at once: the next one cannot start before."""
        alive: bool = super().is_parent_alive()
        if not alive:
            self.set_accept_enabled(False)
            for listener in self.sockets:
                listener.close()
        return alive


worker_class = Worker


def pre_request(worker: Any, req: Any) -> None:
    """Bound the time for which an answer waits for a client that does not take it."""
    req.unreader.sock.settimeout(REQUEST_SECONDS)


def when_ready(server: Any) -> None:
    """Say where to look, once the port is open."""
    from checkin.config import Config

    config = Config.from_env(os.environ)
    lines = [f"\n  Open {config.public_origin}/  (stop with Ctrl+C)"]
    accounts = config.instance / "demo-accounts.tsv"
    if accounts.exists():
        lines.append(f"\n  Demo accounts (also in {_short(accounts)}):")
        rows = [line.split("\t") for line in accounts.read_text(encoding="utf-8").splitlines()[1:]]
        lines += [f"    {row[0]:<8} {row[1]:<22} {row[2]}" for row in rows if len(row) >= 3]
        example = config.instance / "demo-code.txt"
        if example.exists():
            lines.append(f"\n  A visitor scans: {config.public_origin}/v/{example.read_text().strip()}")
        lines.append(f"  Staff and owners: {config.public_origin}/sign-in")
    print("\n".join(lines) + "\n", flush=True)


def pre_fork(server: Any, worker: Any) -> None:
    """Leave what is shared alone: a collector that touches it would give each worker a copy."""
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Begin the hourly round, which makes the days to come and lets go of those that are over."""
    from checkin import timer

    timer.start(worker.wsgi)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that ended."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """Leave no files behind."""
    shutil.rmtree(_metrics, ignore_errors=True)


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
