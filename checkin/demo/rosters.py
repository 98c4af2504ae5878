"""Who works at the demo owner's venues, and their shifts until now, as the owner and the round make them."""

from collections.abc import Callable
from datetime import date, timedelta

from sqlalchemy.orm import Session

from checkin import clock
from checkin.accounts.models import Account
from checkin.declarations.told import Identity
from checkin.demo.generate import World
from checkin.demo.landmarks import GATE, GREENS, SEA
from checkin.demo.names import family_name, personal_name
from checkin.demo.numbers import cast_phone
from checkin.demo.seeds import stream
from checkin.demo.writer import Placed
from checkin.rules import RuleSet
from checkin.scope import SYSTEM, under
from checkin.vault import Vault
from checkin.venues.models import Venue
from checkin.workers import filing, queries, service
from checkin.workers.asked import New, Post
from checkin.workers.shifts import Change

EVERY, SIX, FIVE = 127, 63, 31
# (role of the venue, zone, what they do, from, to, days of work, how many): the market wakes at four.
ROSTERS = (
    ("market", SEA, "Bán cá", 4, 12, EVERY, 7), ("market", SEA, "Bán tôm, mực", 5, 13, EVERY, 5),
    ("market", GREENS, "Bán rau", 4, 11, EVERY, 6), ("market", GREENS, "Bán hoa quả", 6, 18, SIX, 3),
    ("market", GATE, "Trông xe", 4, 12, EVERY, 2), ("market", "", "Ban quản lý chợ", 7, 16, FIVE, 2),
    ("market", "", "Bảo vệ đêm", 20, 5, EVERY, 1), ("supermarket", GATE, "Bảo vệ", 8, 15, EVERY, 1),
    ("supermarket", GATE, "Bảo vệ", 15, 22, EVERY, 1), ("supermarket", "", "Thu ngân", 8, 15, SIX, 4),
    ("supermarket", "", "Thu ngân", 15, 22, SIX, 3), ("kiosk", "", "Bán bánh mì", 8, 21, SIX, 2),
    ("bus", "Cửa trước", "Lái xe", 5, 13, SIX, 1), ("bus", "Cửa sau", "Phụ xe", 5, 13, SIX, 1),
)  # fmt: skip
# Numbers of the planted cast's phones from here on.
FIRST_PHONE = 100
BATCH = 1000


def write_rosters(
    session: Session,
    vault: Vault,
    world: World,
    placed: Placed,
    owner: Account,
    rules_on: Callable[[date], RuleSet],
) -> tuple[int, int]:
    """Put people on the lists of the owner's venues and write what they have worked since; (people, stays)."""
    begun, people = world.now - timedelta(days=world.days), _people(world)
    count = 0
    for role in dict.fromkeys(row[0] for row in ROSTERS):
        position = world.role(role)
        venue = session.get_one(Venue, placed.venues[position])
        zones = dict(zip(world.venues[position].zones, placed.zones[position], strict=True))
        news = [
            New(people.pop(), Post(zones[zone] if zone else None, job, days, 60 * starts, 60 * ends))
            for at, zone, job, starts, ends, days, many in ROSTERS
            if at == role
            for _ in range(many)
        ]
        count += len(service.add_all(session, vault, now=begun, actor=owner.actor, venue=venue, news=news))
    _other(session, world, owner, session.get_one(Venue, placed.venues[world.role("market")]))
    stays = 0
    with under(session, SYSTEM):
        # One looked when they were put down, and none since.
        for now in (begun, world.now):
            while (step := filing.write_shifts(session, now=now, rules=rules_on, limit=BATCH)).looked_at:
                stays += step.written
    return count, stays


def _other(session: Session, world: World, owner: Account, market: Venue) -> None:
    """One left, and today somebody is absent and somebody works other hours."""
    today = clock.to_local(world.now).date()
    listed = queries.of_venue(session, market.id, since=today)
    gone, away, later = listed[1], listed[3], listed[-1]
    actor, at = owner.actor, world.now - timedelta(minutes=301)
    service.leave(session, now=world.now - timedelta(days=1), actor=actor, venue=market, worker_id=gone.id)
    for worker, change in ((away, Change(absent=True)), (later, Change(starts=18 * 60, ends=6 * 60))):
        service.set_day(session, now=at, actor=actor, venue=market, worker=worker, day=today, change=change)


def _people(world: World) -> list[Identity]:
    rng, year, hub = stream(world.seed, "rosters"), clock.to_local(world.now).year, world.province.hub
    found = []
    for number in range(sum(row[-1] for row in ROSTERS)):
        gender, born = rng.choice(("female", "female", "male")), year - rng.randint(22, 64)
        found.append(
            Identity(
                full_name=f"{family_name(rng)} {personal_name(rng, gender, born)}",
                birth_year=born,
                gender=gender,
                phone=cast_phone(FIRST_PHONE + number),
                province_id=world.province.id,
                commune_id=hub.id,
            )
        )
    return found
