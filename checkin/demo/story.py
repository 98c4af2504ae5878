"""The staff's side of the demo province: accounts, cases and lookups, made by the services themselves."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from checkin import clock
from checkin.accounts import service as accounts
from checkin.accounts.models import ADMIN, CDC, COMMAND, COMMUNE, OWNER, Account
from checkin.audit.entry import Actor
from checkin.cases import service as cases
from checkin.cases.models import Case
from checkin.cases.service import CaseFacts
from checkin.demo.generate import World
from checkin.demo.landmarks import SEA
from checkin.demo.outbreak import WINDOW_DAYS_AGO, WINDOW_FROM, WINDOW_TO, moment
from checkin.demo.writer import Placed
from checkin.exposure import queries as exposure
from checkin.exposure import service as lookups
from checkin.exposure.areas import Area
from checkin.exposure.overlap import Window, presences
from checkin.exposure.service import Bound, PersonAsked, PlaceAsked
from checkin.people import queries as people
from checkin.rules import RuleSet
from checkin.vault import Vault
from checkin.visits.stays import longest

# Role, login, name shown. An owner is shown by the masked login.
PEOPLE = (
    (OWNER, "0912 345 678", ""),
    (COMMUNE, "tram.honggai@demo", "Trạm Y tế Hồng Gai"),
    (CDC, "ca.truc@demo", "Ca trực CDC"),
    (COMMAND, "chi.huy@demo", "Sở chỉ huy tỉnh"),
    (ADMIN, "quan.tri@demo", "Quản trị hệ thống"),
)
ACTOR = Actor.command("demo")
TITLE = "Chợ Hạ Long 1, khu hải sản"
# Without letters and digits that a hand or an eye confuses.
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Credentials:
    """What the file beside the database tells once; the database keeps hashes alone."""

    role: str
    login: str
    password: str


def new_password() -> str:
    """Four groups of four with hyphens, 19 characters, 79 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def make_accounts(
    session: Session, vault: Vault, now: datetime, commune_id: str
) -> tuple[dict[str, Account], list[Credentials]]:
    """One account of each role, by role, and their passwords. Raises DomainError('taken')."""
    made: dict[str, Account] = {}
    told: list[Credentials] = []
    for role, login, shown in PEOPLE:
        told.append(Credentials(role, login, new_password()))
        made[role] = accounts.create(
            session,
            vault,
            now=now,
            actor=ACTOR,
            login=login,
            password=told[-1].password,
            role=role,
            display_name=shown,
            commune_id=commune_id if role == COMMUNE else None,
        )
    return made, told


def write_credentials(path: Path, told: list[Credentials]) -> None:
    """The accounts as lines of role, login and password under a header; readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("role\tlogin\tpassword\n")
        file.writelines(f"{one.role}\t{one.login}\t{one.password}\n" for one in told)


def make_cases(
    session: Session,
    vault: Vault,
    world: World,
    placed: Placed,
    cdc: Actor,
    rules_on: Callable[[date], RuleSet],
) -> int:
    """Three cases in different states and the lookups that were made for them.

    Returns how many people the lookup of the planted outbreak finds.
    """
    now, today = world.now, clock.to_local(world.now).date()

    def days_ago(days: int) -> date:
        return today - timedelta(days=days)

    def opened(minutes_ago: int, title: str, state: str, **days: Any) -> Case:
        facts = CaseFacts(title=title, disease="covid-19", state=state, **days)
        return cases.open_case(session, now=now - timedelta(minutes=minutes_ago), actor=cdc, facts=facts)

    first = opened(240, TITLE, "confirmed", onset_on=days_ago(2), sample_on=days_ago(1), isolated_on=days_ago(1))
    found = _look_around(session, world, placed, cdc, rules_on, first)
    _look_for_the_trader(session, vault, world, cdc, rules_on, first)
    opened(150, "Công nhân mỏ, nhà ăn ca 3", "suspected", onset_on=days_ago(3), sample_on=days_ago(1))
    third = opened(
        120, "Hành khách tàu tham quan", "confirmed", onset_on=days_ago(12), sample_on=days_ago(11),
        isolated_on=days_ago(11),
    )  # fmt: skip
    cases.set_state(
        session, now=now - timedelta(minutes=90), actor=cdc, case=third, state="recovered", rules=rules_on(today)
    )
    _look_by_signal(session, world, cdc)
    return found


def _look_around(
    session: Session,
    world: World,
    placed: Placed,
    cdc: Actor,
    rules_on: Callable[[date], RuleSet],
    case: Case,
) -> int:
    """Who was in the trader's hall with her: asked, and read once."""
    market = world.role("market")
    window = Window(moment(world.now, WINDOW_DAYS_AGO, WINDOW_FROM), moment(world.now, WINDOW_DAYS_AGO, WINDOW_TO))
    asked = PlaceAsked(
        start=window.start,
        end=window.end,
        venue_id=placed.venues[market],
        zone_id=placed.zones[market][world.venues[market].zones.index(SEA)],
    )
    bound = Bound(case=case, signal=None, reason="Ca xác định bán hàng trong khu này; lập danh sách người cần gọi.")
    at = world.now - timedelta(minutes=225)
    lookup = lookups.ask_place(session, now=at, actor=cdc, bound=bound, asked=asked)
    area = Area((placed.venues[market],), asked.zone_id)
    stays = exposure.stays_at(
        session, area, window.start, window.end, longest(rules_on(clock.to_local(window.start).date()))
    )
    found = len(presences(stays, window))
    lookups.read(session, now=at, actor=cdc, lookup=lookup, case=case, action="lookup.read", rows=None)
    return found


def _look_for_the_trader(
    session: Session, vault: Vault, world: World, cdc: Actor, rules_on: Callable[[date], RuleSet], case: Case
) -> None:
    trader = world.people.cast[0]
    at = world.now - timedelta(minutes=210)
    asked = PersonAsked(
        start=at - timedelta(days=rules_on(clock.to_local(at).date()).retention_days),
        end=at,
        id_number=trader.id_number,
        full_name=trader.full_name,
        birth_year=trader.birth_year,
    )
    bound = Bound(case=case, signal=None, reason="Tìm các nơi ca bệnh đã đến để truy nguồn lây.")
    lookup = lookups.ask_person(session, vault, now=at, actor=cdc, bound=bound, asked=asked)
    lookups.read(session, now=at, actor=cdc, lookup=lookup, case=case, action="lookup.read", rows=None)
    found = people.matching(session, id_index=lookup.id_index, phone_index=None, name_index=lookup.name_index)
    at += timedelta(minutes=2)
    rules = rules_on(clock.to_local(at).date())
    cases.link(session, now=at, actor=cdc, case=case, person_id=found[0].person_id, found_by=lookup.number, rules=rules)


def _look_by_signal(session: Session, world: World, cdc: Actor) -> None:
    """All eating places of the hub on one evening, before there is a case."""
    asked = PlaceAsked(
        start=moment(world.now, 3, time(17)),
        end=moment(world.now, 3, time(21)),
        commune_id=world.province.hub.id,
        kind="food",
    )
    signal = "Trạm y tế báo nhiều người sốt sau bữa tối"
    bound = Bound(case=None, signal=signal, reason="Kiểm tra chùm người sốt trước khi mở ca bệnh.")
    lookups.ask_place(session, now=world.now - timedelta(minutes=60), actor=cdc, bound=bound, asked=asked)
