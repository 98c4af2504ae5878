"""What goes wrong. Each fault returns the moment from which the time without a good answer is taken."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from bench.faults.client import Client, Connection
from bench.faults.processes import WORKERS, children, kill, kill_cluster
from bench.faults.stage import Stage
from bench.faults.visitors import visitor

THREADS = 4  # of each worker, as in checkin/gunicorn_conf.py
HELD_SECONDS = 30
REFUSALS = 20

Fault = Callable[[Stage, Client], Awaitable[float]]


async def kill_worker(stage: Stage, client: Client) -> float:
    """kill -9 of a worker of gunicorn; the master starts another."""
    kill(random.choice(stage.server.workers))
    return time.monotonic()


async def kill_master(stage: Stage, client: Client) -> float:
    """kill -9 of gunicorn's master; its workers notice by themselves, and the keeper starts a new one."""
    server = stage.server
    server.orphans += server.workers
    if server.process:
        kill(server.process.pid)
    return time.monotonic()


async def kill_backend(stage: Stage, client: Client) -> float:
    """kill -9 of one process that serves a connection; PostgreSQL then throws all others out and recovers."""
    assert stage.cluster
    pid = stage.cluster.pid
    backends = [child for child in children(pid) if b"checkin_public" in _command(child)]
    kill(random.choice(backends))
    return time.monotonic()


async def kill_postgresql(stage: Stage, client: Client) -> float:
    """kill -9 of all processes of PostgreSQL; the keeper starts it again."""
    assert stage.cluster
    moment = time.monotonic()
    await asyncio.to_thread(kill_cluster, stage.cluster)
    return moment


async def fill_disk(stage: Stage, client: Client) -> float:
    """No byte left where the database writes, until visitors were refused; the moment is when there is room again."""
    assert stage.disk
    before, deadline = client.refused, time.monotonic() + HELD_SECONDS
    try:
        while client.refused < before + REFUSALS:
            if time.monotonic() > deadline:
                raise RuntimeError("a full disk refused nobody")
            stage.disk.fill()
            await asyncio.sleep(0.1)
    finally:
        stage.disk.free()
    return time.monotonic()


async def stop_replica(stage: Stage, client: Client) -> float:
    """The server that follows stops, at once."""
    assert stage.replica
    await asyncio.to_thread(stage.replica.stop)
    return time.monotonic()


async def hang(stage: Stage, client: Client) -> float:
    """As many clients as there are threads send half a form and stay; the server must let go of each."""
    rng = random.Random()
    moment = time.monotonic()
    hanging = []
    for number in range(WORKERS * THREADS):
        form = visitor(stage, rng, 0)
        stage.known.add(form.submission)
        cut = form.request.index(b"\r\n\r\n") + (4 + 10 if number % 2 else -10)
        hanging.append(Connection(stage.server.port))
        await hanging[-1].send(form.request[:cut])
    try:
        async with asyncio.timeout(HELD_SECONDS):
            for connection in hanging:
                await connection.let_go()
    except TimeoutError:
        raise RuntimeError("a client that hangs was not let go of") from None
    finally:
        for connection in hanging:
            connection.close()
    return moment


def _command(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


EVERYWHERE: dict[str, Fault] = {"worker killed": kill_worker, "master killed": kill_master, "clients hang": hang}
ON_POSTGRESQL: dict[str, Fault] = {
    **EVERYWHERE,
    "connection killed": kill_backend,
    "PostgreSQL killed": kill_postgresql,
    "replica stopped": stop_replica,
}
ON_SMALL_DISK: dict[str, Fault] = {"disk full": fill_disk}
