"""Who does the work: this process alone, or several, of which whoever is free gets the next batch of its people."""

import signal
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from typing import Any

from checkin.errors import DomainError
from checkin.loading.batches import Job, Outcome, Part

# Batches that wait for a busy process; more of them would only fill the memory.
WAITING = 2


class Stopped(DomainError):
    """The work broke off: "ended" (a process is gone), or "failed" with the kind of error and where."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


class Alone:
    """This process itself, with the face of a Pool of one: for small files, where starting others takes longer."""

    def __init__(self, job: Job) -> None:
        self.part = Part(job)

    def give(self, _number: int, batch: list[Any]) -> Iterator[tuple[int, Outcome]]:
        """Do a batch. Raises Stopped."""
        try:
            yield 0, self.part.take(batch)
        except Exception as error:
            raise Stopped("failed", kind_of(error)) from None

    def rest(self) -> Iterator[tuple[int, Outcome]]:
        """Nothing is ever left."""
        yield from ()

    def close(self) -> None:
        """Let go of connections."""
        self.part.close()


class Pool:
    """Processes by number. Each batch has one answer, in the order of the batches of one process."""

    def __init__(self, job: Job, count: int) -> None:
        context = get_context("spawn")
        self.channels: list[Connection[Any, Any]] = []
        self.processes = []
        self.ready: list[deque[list[Any]]] = [deque() for _ in range(count)]
        self.busy = [False] * count
        for _ in range(count):
            own, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(job, theirs), daemon=True)
            process.start()
            theirs.close()
            self.channels.append(own)
            self.processes.append(process)

    def give(self, number: int, batch: list[Any]) -> Iterator[tuple[int, Outcome]]:
        """Hand a batch to a process; gives what others finished meanwhile. Raises Stopped."""
        self.ready[number].append(batch)
        self._send(number)
        yield from self._answers(wait=False)
        while len(self.ready[number]) >= WAITING:
            yield from self._answers(wait=True)

    def rest(self) -> Iterator[tuple[int, Outcome]]:
        """What is still to come, until all is done. Raises Stopped."""
        while any(self.busy):
            yield from self._answers(wait=True)

    def close(self) -> None:
        """End the processes: each finishes the batch in hand, which is stored whole or not at all."""
        for channel in self.channels:
            channel.close()
        for process in self.processes:
            process.join(60)
            if process.is_alive():
                process.kill()
                process.join()

    def _send(self, number: int) -> None:
        # Only to a process that waits: two who write to each other at once could both wait for ever.
        if self.busy[number] or not self.ready[number]:
            return
        try:
            self.channels[number].send(self.ready[number].popleft())
        except OSError:
            raise Stopped("ended") from None
        self.busy[number] = True

    def _answers(self, *, wait: bool) -> Iterator[tuple[int, Outcome]]:
        for channel in connection.wait(self.channels, None if wait else 0):
            number = self.channels.index(channel)  # type: ignore[arg-type]
            try:
                answer = self.channels[number].recv()
            except (EOFError, OSError):
                raise Stopped("ended") from None
            if isinstance(answer, str):
                raise Stopped("failed", answer)
            self.busy[number] = False
            self._send(number)
            yield number, answer


def _serve(job: Job, channel: "Connection[Any, Any]") -> None:
    # Ctrl+C reaches every process of the terminal; the first one closes the channel, between two batches.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        part = Part(job)
        while True:
            try:
                batch = channel.recv()
            except EOFError:
                break
            channel.send(part.take(batch))
        part.close()
    except BrokenPipeError:
        pass  # the first process is gone
    except Exception as error:  # noqa: BLE001
        # Only the kind and the place: the text of an error can carry what stood in a row.
        with suppress(OSError):
            channel.send(kind_of(error))


def kind_of(error: BaseException) -> str:
    """The kind of an error and where in the project it was raised, without its text."""
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "checkin" in code.co_filename:
            place = f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__} {place}".strip()
