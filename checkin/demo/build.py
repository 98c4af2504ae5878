"""Building the demo province in a database that has its places and nothing else."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock, context
from checkin.accounts.models import CDC, OWNER
from checkin.audit import service as audit
from checkin.config import Config
from checkin.demo.generate import World, generate
from checkin.demo.rosters import write_rosters
from checkin.demo.story import ACTOR, make_accounts, make_cases, write_credentials
from checkin.demo.writer import Placed, write_venues, write_visits
from checkin.errors import DomainError
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.venues.models import Venue

SEED, VENUES, VISITS, DAYS = 1, 320, 20_000, 14
ACCOUNTS_FILE, CODE_FILE = "demo-accounts.tsv", "demo-code.txt"


def demo(session: Session, vault: Vault, config: Config, now: datetime, say: Callable[[str], None]) -> None:
    """The province of the first run, in the caller's transaction; `say` gets a line for each step."""
    build(session, vault, config, generate(SEED, now=now, province_code=config.province), say)


def build(
    session: Session,
    vault: Vault,
    config: Config,
    world: World,
    say: Callable[[str], None],
    *,
    commit_batches: bool = False,
    rules_on: Callable[[date], RuleSet] = context.rules,
) -> Placed:
    """Store a world with its accounts, cases and lookups; returns where the venues went.

    Writes the passwords of the demo accounts and the code to print beside the database. Commits only with
    `commit_batches`. Raises DomainError('venues') where there are venues already, 'taken' where a demo
    account is.
    """
    if session.scalar(sa.select(Venue.id).limit(1)) is not None:
        raise DomainError("venues")
    begun = world.now - timedelta(days=world.days + 1)
    made, told = make_accounts(session, vault, begun, world.province.hub.id)
    placed = write_venues(session, vault, world, made[OWNER].id)
    codes = len(placed.codes) + sum(map(len, placed.zones))
    say(f"demo: {len(placed.venues)} venues with {codes} codes in {len(world.province.communes)} communes")
    cdc = made[CDC].actor
    if commit_batches:
        session.commit()

    def after_batch(count: int) -> None:
        if commit_batches:
            session.commit()
        if count % max(5000, world.count // 20 // 1000 * 1000) == 0:
            say(f"demo: {count} of {world.count} visits")

    visits = write_visits(session, vault, world, placed, rules_on, after_batch)
    workers, shifts = write_rosters(session, vault, world, placed, made[OWNER], rules_on)
    say(f"demo: {workers} working people with {shifts} shifts")
    audit.record(
        session,
        now=world.now - timedelta(minutes=300),
        actor=ACTOR,
        action="demo.build",
        rows=visits,
        detail={"seed": world.seed, "venues": len(placed.venues), "days": world.days},
    )
    met = make_cases(session, vault, world, placed, cdc, rules_on)
    say(f"demo: {visits} visits of {world.days} days, until {clock.to_local(world.now):%d/%m/%Y %H:%M}")
    say(f"demo: case F0-0001, {met} people in the same hall at the same time")
    write_credentials(config.instance / ACCOUNTS_FILE, told)
    code = placed.codes[world.role("supermarket")]
    (config.instance / CODE_FILE).write_text(f"{code}\n", encoding="ascii")
    say(f"demo: accounts and passwords in {config.instance / ACCOUNTS_FILE}")
    return placed
