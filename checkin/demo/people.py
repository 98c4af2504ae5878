"""The people of the demo province: any of them can be made again from the seed and their number."""

import random
from functools import lru_cache
from itertools import accumulate

from checkin.declarations.told import Identity
from checkin.demo import names, numbers
from checkin.demo.geography import GUESTS, UPLAND, Province, all_communes
from checkin.demo.rows import Resident
from checkin.demo.seeds import stream
from checkin.demo.wordlists import words
from checkin.places.rows import PlaceRow

SIZES = (1, 2, 3, 4, 4, 5, 2, 3)
"""Sizes of eight households in a row; they repeat, so that a person's number tells the household."""
BLOCK = sum(SIZES)
STARTS = (0, *accumulate(SIZES))
FROM_ELSEWHERE, FROM_ABROAD = 0.06, 0.02
# Where people of other provinces come from, by the code of the province.
NEIGHBOURS = {"01": 24, "31": 30, "24": 14, "33": 10, "37": 8, "19": 5, "20": 4, "38": 3, "40": 2}
COUNTRIES = {"CN": 34, "KR": 22, "JP": 8, "TW": 8, "US": 7, "FR": 8, "DE": 5, "GB": 5, "AU": 3}
WARD_STREETS = words(
    "Lê Thánh Tông|Trần Hưng Đạo|Nguyễn Văn Cừ|Cao Thắng|Hạ Long|Lê Lợi|Trần Phú|Quang Trung|Bạch Đằng|Lý Thường Kiệt|"
    "Hoàng Quốc Việt|Giếng Đồn|Kênh Liêm|Vũ Văn Hiếu|Nguyễn Du|Hai Bà Trưng|Trần Nhân Tông|Hùng Vương"
)
HAMLETS = words("Đông|Đoài|Trung|Thượng|Hạ|Nam|Bắc|Tân Tiến|Đồng Tâm|Khe Sím|Nà Làng|Pắc Liềng|Bản Sen|Hoà Bình")


def address(rng: random.Random, commune: PlaceRow) -> str:
    """A street and house, or a hamlet, without the commune."""
    if commune.kind == "phường":
        return f"Số {rng.randint(1, 420)}, đường {rng.choice(WARD_STREETS)}, khu {rng.randint(1, 12)}"
    return f"Thôn {rng.choice(HAMLETS)}" if rng.random() < 0.6 else f"Thôn {rng.randint(1, 12)}"


class Population:
    """A pool of people; `size` is a whole number of blocks of households. The cast has the numbers after it."""

    def __init__(self, seed: int, size: int, province: Province, year: int, cast: tuple[Identity, ...] = ()) -> None:
        self.size = -(-size // BLOCK) * BLOCK
        self.seed, self.province, self.year, self.cast = seed, province, year, cast
        self._homes = list(accumulate(province.weights))
        stays = [w if c.name in GUESTS else w * 0.1 for c, w in zip(province.communes, province.weights, strict=True)]
        self._stays = list(accumulate(stays))
        self._elsewhere = {code: [c for c in all_communes() if c.parent == code] for code in NEIGHBOURS}
        self._household = lru_cache(maxsize=4096)(self._make_household)

    def person(self, number: int) -> Resident:
        """The person with a number from 0 to size - 1, or one of the cast from size on. Raises IndexError."""
        if number >= self.size:
            who = self.cast[number - self.size]
            return Resident(number, who, "guest", who.commune_id or self.province.hub.id)
        block, place, position = locate(number)
        return self._household(block * len(SIZES) + place)[position]

    def household(self, number: int) -> tuple[Resident, ...]:
        """Everybody who lives with this person, themselves among them."""
        if number >= self.size:
            return (self.person(number),)
        block, place, _ = locate(number)
        return self._household(block * len(SIZES) + place)

    def _make_household(self, household: int) -> tuple[Resident, ...]:
        rng = stream(self.seed, "household", household)
        block, place = divmod(household, len(SIZES))
        first = block * BLOCK + STARTS[place]
        origin = rng.random()
        anchor = rng.choices(self.province.communes, cum_weights=self._stays)[0]
        if origin < FROM_ABROAD:
            return self._foreigners(rng, first, SIZES[place], anchor)
        if origin < FROM_ABROAD + FROM_ELSEWHERE:
            code = rng.choices(list(NEIGHBOURS), weights=list(NEIGHBOURS.values()))[0]
            home = rng.choice(self._elsewhere[code])
        else:
            home = anchor = rng.choices(self.province.communes, cum_weights=self._homes)[0]
        return self._family(rng, first, SIZES[place], home, anchor)

    def _family(
        self, rng: random.Random, first: int, size: int, home: PlaceRow, anchor: PlaceRow
    ) -> tuple[Resident, ...]:
        upland = home.name in UPLAND
        father, mother = names.family_name(rng, upland), names.family_name(rng, upland)
        street = address(rng, home)
        shared = rng.random() < 0.35
        found: list[Resident] = []
        taken: set[str] = set()
        for position, (age, gender) in enumerate(_ages(rng, size)):
            number, born = first + position, self.year - age
            family = mother if gender == "female" and position in (1, 4) else father
            while (name := f"{family} {names.personal_name(rng, gender, born)}") in taken:
                pass
            taken.add(name)
            phone = numbers.phone(first if shared or age < 14 or (age > 75 and size > 2) else number)
            registered = home.parent if rng.random() < 0.9 else rng.choice(list(NEIGHBOURS))
            who = Identity(
                full_name=name,
                birth_year=born,
                gender=gender,
                phone=phone,
                province_id=home.parent,
                commune_id=home.id,
                address=street,
                id_number=_papers(rng, registered, gender, born, age, number),
            )
            found.append(Resident(number, who, self._role(rng, age, home, anchor), anchor.id))
        return tuple(found)

    def _foreigners(self, rng: random.Random, first: int, size: int, anchor: PlaceRow) -> tuple[Resident, ...]:
        country = rng.choices(list(COUNTRIES), weights=list(COUNTRIES.values()))[0]
        family = rng.choice(names.ABROAD[country][0])
        lives_here = rng.random() < 0.4
        found: list[Resident] = []
        taken: set[str] = set()
        for position, (age, gender) in enumerate(_ages(rng, size)):
            number, born = first + position, self.year - age
            while (name := names.foreign_name(rng, country, gender, family)) in taken:
                family = rng.choice(names.ABROAD[country][0])
            taken.add(name)
            who = Identity(
                full_name=name,
                birth_year=born,
                gender=gender,
                phone=numbers.phone(number) if lives_here else numbers.foreign_phone(country, number),
                province_id=self.province.id,
                commune_id=anchor.id,
                address=f"Chung cư {rng.randint(1, 9)}" if lives_here else "Khách sạn",
                id_number=numbers.passport(country, number),
                nationality=country,
            )
            role = "worker" if lives_here and 18 <= age < 62 else "guest"
            found.append(Resident(number, who, "led" if age < 6 else role, anchor.id))
        return tuple(found)

    @staticmethod
    def _role(rng: random.Random, age: int, home: PlaceRow, anchor: PlaceRow) -> str:
        if age < 6 or age > 78:
            return "led"
        if home is not anchor:
            return "guest" if rng.random() < 0.6 or age < 18 else "worker"
        if age < 18:
            return "pupil"
        if age > 60:
            return "elder"
        if age < 23 and rng.random() < 0.4:
            return "student"
        return "worker" if rng.random() < 0.8 else "home"


def locate(number: int) -> tuple[int, int, int]:
    """(block, household in the block, position in the household) of a person's number."""
    block, rest = divmod(number, BLOCK)
    place = next(place for place in range(len(SIZES)) if rest < STARTS[place + 1])
    return block, place, rest - STARTS[place]


def _ages(rng: random.Random, size: int) -> list[tuple[int, str]]:
    """Age and sex of a household's members: head, partner, children, a grandparent as the fifth."""
    if size == 1:
        head = rng.randint(19, 32) if rng.random() < 0.55 else rng.randint(55, 88)
    elif size == 2:
        head = rng.randint(22, 36) if rng.random() < 0.4 else rng.randint(48, 80)
    else:
        head = int(rng.triangular(25, 62, 36))
    gender = rng.choice(("male", "female"))
    found = [(head, gender)]
    if size > 1:
        found.append((max(19, head + rng.randint(-5, 4)), "female" if gender == "male" else "male"))
    # A mother was rarely younger than 19 or older than 42.
    younger = min(age for age, _ in found)
    for _ in range(min(size, 4) - 2):
        born_at = int(rng.triangular(19, 42, 26))
        found.append((max(0, younger - born_at), rng.choice(("male", "female"))))
    if size == 5:
        found.append((min(96, head + rng.randint(22, 34)), "female" if rng.random() < 0.6 else "male"))
    return found


def _papers(rng: random.Random, registered: str, gender: str, born: int, age: int, number: int) -> str:
    chance = rng.random()
    if age < 14:
        return numbers.citizen_id(registered, gender, born, number) if chance < 0.45 else ""
    if age > 60 and chance < 0.05:
        return numbers.old_id(number)
    return numbers.citizen_id(registered, gender, born, number) if chance < 0.9 else ""
