"""A place with people who come and go, of whom some are one: written straight into the tables."""

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin.cases import service as cases
from checkin.cases.models import OWN, case_visit, kept_visit
from checkin.cases.spread import air
from checkin.doubles import service
from checkin.exposure import keeping
from checkin.exposure.contacting import Contacting
from checkin.exposure.models import PERSON, Lookup
from checkin.exposure.timeline import found_people
from checkin.ids import new_id
from checkin.joins.models import Pair
from checkin.people import service as people
from checkin.people.identity import Indexes
from checkin.people.models import Person
from checkin.visits.models import Visit
from tests import cast, factories
from tests.conftest import NOW
from tests.oracles import doubles as oracle

BASE = NOW - timedelta(hours=20)
# Officers sign with their account.
numbers = count(1)


@dataclass
class Town:
    """Two shops, people, and a case; `edges` are the pairs that are one now."""

    app: Any
    session: Any
    vault: Any
    officer: Any
    shops: list[UUID] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    stays: list[tuple[int, int, int, int | None, int]] = field(default_factory=list)
    edges: dict[tuple[int, int], UUID] = field(default_factory=dict)
    case: Any = None

    @property
    def how(self) -> dict[str, Any]:
        return {"now": NOW, "actor": self.officer}

    def person(self) -> int:
        """Somebody with a phone of their own; their number."""
        id_, number = new_id(NOW), next(numbers).to_bytes(16, "big")
        told = Indexes(name=number, id=b"", phone=number)
        row = people.row(person_id=id_, told=told, same_as=None, commune_id=factories.HA_TU, now=NOW)
        self.session.execute(sa.insert(Person.__table__), [row])
        self.people.append(id_)
        self.people.sort()
        return len(self.people) - 1

    def stay(self, who: int, shop: int, entered: int, left: int | None, latest: int) -> None:
        """A visit, in minutes after BASE."""
        self.stays.append((who, shop, entered, left, latest))
        at = [BASE + timedelta(minutes=minute) for minute in (entered, latest)]
        values = {
            "id": new_id(at[0]), "entered_at": at[0], "venue_id": self.shops[shop], "zone_id": None,
            "person_id": self.people[who], "declaration_id": None, "declared_at": None,
            "left_at": None if left is None else at[1], "end_set_by": "visitor" if left else "guessed",
            "until_likely": at[1], "until_latest": at[1], "channel": "own_phone", "device": None, "group_id": None,
            "masked_name": "",
        }  # fmt: skip
        self.session.execute(sa.insert(Visit.__table__), [values])

    def link(self, who: int, title: str = "Chợ") -> Any:
        """A case that is this person; the first one is the town's."""
        case = factories.case(self.session, title)
        cases.link(
            self.session, **self.how, case=case, person_id=self.people[who], found_by="TC-000001",
            rules=factories.rules(self.app),
        )  # fmt: skip
        self.case = self.case or case
        return case

    def pair(self, one: int, other: int) -> Any:
        """The pair of these two, as the search stores it."""
        key = tuple(sorted((self.people[one], self.people[other])))
        service.keep(self.session, now=NOW, found={key: 1})  # type: ignore[dict-item]
        return self.session.scalars(sa.select(Pair).where(Pair.one_id == key[0], Pair.other_id == key[1])).one()

    def join(self, one: int, other: int, seen: int | None = None) -> None:
        """An officer says that they are one."""
        pair = self.pair(one, other)
        version = pair.version if seen is None else seen
        service.join(self.session, self.vault, **self.how, pair_id=pair.id, seen=version, reason="Cùng người")
        self.edges[one, other] = pair.id

    def part(self, one: int, other: int) -> bool:
        """And takes it back."""
        pair = self.pair(one, other)
        del self.edges[one, other]
        return service.part(self.session, self.vault, **self.how, pair_id=pair.id, seen=pair.version, reason="Nhầm")

    def kept(self) -> tuple[Any, Any]:
        """Everything that is kept for cases."""
        claims = self.session.execute(sa.select(case_visit).order_by(*case_visit.primary_key.columns)).all()
        copies = self.session.execute(sa.select(kept_visit).order_by(*kept_visit.primary_key.columns)).all()
        return [tuple(row) for row in claims], [tuple(row) for row in copies]

    def found(self) -> Contacting:
        """The list of the case, as it is asked for."""
        lookup = Lookup(case_id=self.case.id, person_id=self.case.person_id, start=BASE - timedelta(days=1), end=NOW)
        return Contacting(self.session, lookup, self.case)

    def page(self) -> Any:
        """What reads the first page of the case's list; who is joined is asked here."""
        return lambda: self.found().people(self.session, 0, 50)

    def listed(self, case: Any = None) -> dict[UUID, tuple[int, int]]:
        """The list of the case by the product: minutes by person; everybody opened as the page does."""
        case = case or self.case
        lookup = Lookup(case_id=case.id, person_id=case.person_id, start=BASE - timedelta(days=1), end=NOW, kind="case")
        found = Contacting(self.session, lookup, case)
        everybody = found.everybody(self.session)
        # What was kept by the one before, or ranked anew; the next one finds what is kept now, unless it is gone.
        keeping.keep(self.session, lookup, case)
        assert Contacting(self.session, lookup, case).everybody(self.session) == everybody
        opened = {one.person_id: one for one in found.presences(self.session, everybody)}
        assert list(opened) == [one.person_id for one in everybody]
        return {one.person_id: (one.certain_minutes, one.possible_minutes) for one in everybody}

    def own(self) -> int:
        """How many visits are the case's own."""
        own = sa.select(sa.func.count()).select_from(case_visit)
        return self.session.scalar(own.where(case_visit.c.case_id == self.case.id, case_visit.c.part == OWN))

    def time_line(self, who: int) -> list[Any]:
        """When those began whom a lookup by this person's phone finds: one list for each that is found."""
        phone = self.session.get(Person, self.people[who]).phone_index
        lookup = Lookup(kind=PERSON, phone_index=phone, start=BASE - timedelta(days=1), end=NOW)
        return [
            sorted(seen.stay.entered_at for seen in one.visits)
            for one in found_people(self.session, self.vault, lookup)
        ]

    def agrees(self) -> None:
        """The product and the oracle say the same of this town."""
        group = oracle.groups(self.edges, range(len(self.people)))
        stays = [(group[who], *rest) for who, *rest in self.stays]
        of_case = group[self.people.index(self.case.person_id)]
        disease = air(factories.rules(self.app), self.case.disease) // timedelta(minutes=1)
        right = oracle.beside(stays, of_case, disease)
        assert self.listed() == {self.people[min(one)]: minutes for one, minutes in right.items()}
        assert self.own() == sum(who == of_case for who, *_ in stays)
        for who in range(len(self.people)):
            mine = sorted(BASE + timedelta(minutes=s[1 + 1]) for s in self.stays if s[0] in group[who])
            assert self.time_line(who) == [mine], who


def made(app: Any, session: Any, vault: Any) -> Town:
    """A town with its shops and nobody in it."""
    account = factories.account(session, vault, "cdc", cast.CDC)
    town = Town(app, session, vault, account.actor)
    town.shops = [factories.venue(session, vault, name).id for name in ("Chợ", "Quán")]
    return town


def crowd(town: Town, seed: int, *, people: int = 5, stays: int = 14) -> Random:
    """Fill it by chance, the first person being the case; the same for the same seed."""
    chance = Random(seed)
    for _ in range(people):
        town.person()
    for _ in range(stays):
        entered, length = chance.randrange(0, 300), chance.choice((0, 7, 40, 120))
        left = chance.choice((None, entered + length))
        town.stay(chance.randrange(people), chance.randrange(2), entered, left, entered + length)
    town.link(0)
    return chance
