"""One round: visitors come, something goes wrong among them, and then the rows are counted."""

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from bench.faults.breaking import Fault, stop_replica
from bench.faults.check import Verdict, check
from bench.faults.client import Client
from bench.faults.memory import Diary, Memory
from bench.faults.processes import replica_of, wait_until_even
from bench.faults.stage import Stage
from bench.faults.visitors import visitor

# How long nobody may get a good answer. Where an undisturbed start alone takes longer than a third of that,
# because others use the machine, three such starts.
RECOVERY_SECONDS, STARTS = 10, 3
_numbers = count(1)


@dataclass
class Round:
    """What came of a round."""

    stage: str
    fault: str
    visitors: int
    verdict: Verdict
    acknowledged: int
    retried: int
    refused: int
    gave_up: int
    recovery: float | None
    bound: float
    seconds: float
    strange: dict[str, int] = field(default_factory=dict)
    problem: str = ""  # why the fault itself did not come about, or was not got over

    @property
    def faultless(self) -> bool:
        """True when nothing was lost, doubled or half-written, all were served, and soon."""
        soon = self.recovery is not None and self.recovery <= self.bound
        return self.verdict.clean and not self.strange and not self.gave_up and soon and not self.problem


async def _play(stage: Stage, fault: Fault, client: Client, strike_at: int) -> tuple[float, str]:
    """Let the visitors come and strike when so many were acknowledged; the fault's moment, and what was amiss."""
    keeper = asyncio.create_task(stage.keep())
    load = asyncio.create_task(client.run())
    try:
        while client.acknowledged < strike_at and not load.done():
            await asyncio.sleep(0.01)
        moment, problem = time.monotonic(), ""
        try:
            moment = await fault(stage, client)
        except (RuntimeError, TimeoutError) as error:
            problem = str(error) or type(error).__name__
        await load
        return moment, problem
    finally:
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


def play(stage: Stage, name: str, fault: Fault, visitors: int, rng: random.Random) -> Round:
    """Play one round on a stage and judge the rows that were written in it."""
    if fault is stop_replica and stage.cluster:
        stage.replica = replica_of(stage.cluster)
    path = stage.folder / f"diary-{len(stage.diaries)}.tsv"
    stage.diaries.append(path)
    diary, since, started = Diary(path), datetime.now(UTC), time.monotonic()
    client = Client(stage, diary, (visitor(stage, rng, next(_numbers)) for _ in range(visitors)))
    try:
        moment, problem = asyncio.run(_play(stage, fault, client, int(visitors * rng.uniform(0.1, 0.5))))
    finally:
        diary.close()
    seconds = time.monotonic() - started
    memory = Memory.read(path)
    verdict = check(stage.engine(), memory, stage.known, since)
    if stage.replica:
        verdict = _on_replica(stage, memory, since, verdict)
    return Round(
        stage=stage.name,
        fault=name,
        visitors=visitors,
        verdict=verdict,
        acknowledged=client.acknowledged,
        retried=client.retried,
        refused=client.refused,
        gave_up=client.gave_up,
        recovery=client.recovery(moment),
        bound=max(RECOVERY_SECONDS, STARTS * stage.start_seconds),
        seconds=seconds,
        strange=dict(client.strange),
        problem=problem,
    )


def _on_replica(stage: Stage, memory: Memory, since: datetime, verdict: Verdict) -> Verdict:
    """The worse of two verdicts: started again, the replica must have caught up with all of it."""
    replica, stage.replica = stage.replica, None
    assert replica and stage.cluster
    try:
        replica.start()
        wait_until_even(stage.cluster, replica)
        own = check(stage.engine(replica), memory, stage.known, since)
        return verdict if own.clean else own
    finally:
        replica.remove()


def whole(stage: Stage) -> Verdict:
    """The verdict on everything that was ever acknowledged on this stage."""
    return check(stage.engine(), Memory.read(*stage.diaries), stage.known)
