"""The planted story: a fish trader at Chợ Hạ Long 1 who falls ill, those who met her, and a cast of rare people."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from checkin import clock
from checkin.declarations.told import Identity
from checkin.declarations.triage import Answers
from checkin.demo.geography import Province, distance_km
from checkin.demo.landmarks import GATE, GREENS, SEA
from checkin.demo.numbers import cast_phone, citizen_id
from checkin.demo.people import Population
from checkin.demo.rows import VenueRow, VisitRow
from checkin.demo.seeds import stream
from checkin.demo.telling import NO

WINDOW_DAYS_AGO, WINDOW_FROM, WINDOW_TO = 2, time(10, 5), time(11, 50)
OVERLAPPING, IN_OTHER_ZONES = 52, 30
NEAR_KM = 14.0

# (days ago, from, to, role of the venue, zone): where the trader was, her ends recorded.
TRADER = (
    (9, "04:32", "11:20", "market", SEA), (8, "04:41", "11:35", "market", SEA), (6, "04:28", "11:10", "market", SEA),
    (6, "16:05", "16:40", "temple", ""), (5, "04:36", "11:30", "market", SEA), (4, "04:30", "09:10", "market", SEA),
    (4, "10:02", "11:15", "court", "Sảnh chính"), (3, "04:35", "11:25", "market", SEA),
    (3, "17:31", "18:12", "supermarket", GATE), (2, "06:10", "06:48", "bus", "Cửa trước"),
    (2, "10:05", "11:50", "market", SEA), (2, "12:10", "12:46", "pho", ""), (2, "14:21", "14:37", "pharmacy", ""),
    (1, "08:31", "09:40", "station_health", "Phòng khám sàng lọc"),
)  # fmt: skip
# (number of the cast, days ago, from, role, zone): what the rest of the cast did; nobody recorded an end.
OTHERS = (
    (1, 3, "09:12", "court", "Quầy 1–20"), (1, 1, "17:20", "supermarket", GATE), (2, 4, "15:10", "hotel", "Sảnh"),
    (2, 2, "10:40", "market", SEA), (3, 5, "14:30", "hotel", "Sảnh"), (3, 2, "11:02", "market", GATE),
    (4, 2, "10:20", "market", SEA), (4, 1, "06:30", "bus", "Cửa sau"), (5, 2, "10:22", "market", GREENS),
    (5, 1, "19:05", "mall", "Tầng 1"), (6, 2, "11:15", "mall_food", ""), (7, 2, "11:20", "market", SEA),
)  # fmt: skip


def cast(province: Province, year: int) -> tuple[Identity, ...]:
    """The trader first; then people whose names, papers or homes are rare."""
    hub, prefix = province.hub, province.id

    def local(number: int, name: str, born: int, gender: str, id_number: bool = True) -> Identity:
        return Identity(
            full_name=name,
            birth_year=born,
            gender=gender,
            phone=cast_phone(number),
            province_id=prefix,
            commune_id=hub.id,
            address=f"Tổ {number + 3}, khu {number + 1}",
            id_number=citizen_id(prefix, gender, born, 7_000_003 + number) if id_number else "",
        )

    def guest(number: int, name: str, born: int, gender: str, country: str, paper: str) -> Identity:
        return Identity(
            full_name=name,
            birth_year=born,
            gender=gender,
            phone=cast_phone(number),
            province_id=prefix,
            commune_id=hub.id,
            address="Khách sạn Hạ Long Xanh",
            id_number=paper,
            nationality=country,
        )

    return (
        local(0, "Vũ Thị Mận", year - 47, "female"),
        local(1, "Công Tằng Tôn Nữ Thị Hoàng Ngọc Diễm Phương Khánh Linh Quỳnh Anh", year - 33, "female"),
        guest(2, "Ramesh", year - 41, "male", "IN", "Z4417302"),
        guest(3, "Siobhán O'Connor-Byrne", year - 29, "female", "XX", "PT5520917"),
        # Two men whose names fold alike.
        local(4, "Nguyễn Văn Hùng", year - 41, "male"),
        local(5, "Nguyễn Văn Hưng", year - 41, "male"),
        local(6, "Y Ban", year - 24, "other", id_number=False),
        # A child with a guardian's phone and no paper at all.
        local(7, "Vũ Gia Bảo", year - 9, "male", id_number=False),
    )


@dataclass(frozen=True)
class Planted:
    """The planted visits in the order of time, and who therefore stays out of other places on which day."""

    visits: tuple[VisitRow, ...]
    busy: frozenset[tuple[int, int]]
    """(days ago, number of the person)."""


def moment(now: datetime, days_ago: int, clock_time: time) -> datetime:
    """A time of the province's clocks some days ago, in UTC."""
    day = clock.to_local(now).date() - timedelta(days=days_ago)
    return clock.from_local(datetime.combine(day, clock_time))


def plant(seed: int, now: datetime, days: int, venues: list[VenueRow], people: Population) -> Planted:
    """The trader's rounds, at least 40 people in her hall while she was there, and the rest of the cast.

    What would lie before the first day is left out.
    """
    roles = {venue.role: position for position, venue in enumerate(venues) if venue.role}
    found: list[VisitRow] = []

    def add(person: int, role: str, zone: str, entered: datetime, left: datetime | None, answers: Answers) -> None:
        position = roles[role]
        found.append(
            VisitRow(
                venue=position,
                zone=venues[position].zones.index(zone) if zone else None,
                person=person,
                entered_at=entered,
                group=-1,
                left_at=left,
                answers=answers,
                device=person,
            )
        )

    first = people.size
    ill = Answers(symptoms=frozenset({"fever", "cough", "loss_of_taste"}), contact_sick=True)
    for ago, start, end, role, zone in TRADER:
        came, went = (moment(now, ago, time.fromisoformat(text)) for text in (start, end))
        add(first, role, zone, came, went, ill if ago < 2 else NO)
    for number, ago, start, role, zone in OTHERS:
        add(first + number, role, zone, moment(now, ago, time.fromisoformat(start)), None, NO)

    rng = stream(seed, "outbreak")
    begin = moment(now, WINDOW_DAYS_AGO, WINDOW_FROM)
    telling = [
        Answers(symptoms=frozenset({"cough"})),
        Answers(frozenset({"fever", "tired"}), contact_sick=True),
    ]
    for order, person in enumerate(_buyers(people, OVERLAPPING + IN_OTHER_ZONES)):
        in_hall = order < OVERLAPPING
        entered = begin + timedelta(seconds=rng.randint(-40 * 60, 98 * 60))
        # Those who came before her stay until after she came: they are to meet.
        least = max(6 * 60, int((begin - entered).total_seconds()) + 6 * 60)
        left = entered + timedelta(seconds=least + rng.randint(0, 45 * 60)) if rng.random() < 0.42 else None
        zone = SEA if in_hall else GREENS if order % 3 else GATE
        add(person, "market", zone, entered, left, telling[order // 9] if order in (9, 0) else NO)
        if in_hall and order % 4 == 0:
            again = moment(now, 3, time(8)) + timedelta(seconds=rng.randint(0, 3 * 3600))
            add(person, "market", SEA, again, again + timedelta(minutes=rng.randint(10, 40)), NO)
    low = now - timedelta(days=days)
    kept = tuple(sorted((v for v in found if low <= v.entered_at <= now), key=lambda v: (v.entered_at, v.person)))
    today = clock.to_local(now).date()
    busy = {((today - clock.to_local(v.entered_at).date()).days, v.person) for v in kept}
    return Planted(kept, frozenset(busy))


def _buyers(people: Population, count: int) -> list[int]:
    """People who live near the market, one of each household; from further away where there are too few."""
    near = {c.id for c in people.province.communes if distance_km(c, people.province.hub) < NEAR_KM}
    found: list[int] = []
    for wanted in (near, None):
        for number in range(0, people.size, 3):
            person = people.person(number)
            fits = person.role in ("worker", "home", "elder") and person.who.nationality == "VN"
            if fits and number not in found and (wanted is None or person.anchor in wanted):
                found.append(number)
            if len(found) == count:
                return found
    return found
