"""What people answer: nearly always "no", and the same illness over several days."""

from dataclasses import dataclass
from functools import lru_cache

from checkin.declarations.triage import Answers
from checkin.demo.rows import Resident
from checkin.demo.seeds import stream

NO = Answers()
COMPLAINTS = (
    (("cough",), 30),
    (("sore_throat",), 18),
    (("fever", "cough"), 16),
    (("tired",), 12),
    (("fever",), 12),
    (("fever", "cough", "tired"), 6),
    (("loss_of_taste",), 3),
    (("breathless", "cough"), 2),
    (("other",), 1),
)
WHERE = (
    "Hà Nội",
    "Hải Phòng",
    "Bắc Ninh",
    "Lạng Sơn",
    "TP. Hồ Chí Minh",
    "Quảng Tây, Trung Quốc",
    "Seoul, Hàn Quốc",
)


@dataclass(frozen=True, slots=True)
class Health:
    """What a person would tell in these weeks: ill from a day on (days ago), near somebody ill, travelled."""

    ill_from: int
    ill_until: int
    symptoms: frozenset[str]
    contact_until: int
    travel_until: int
    where: str

    def told(self, days_ago: int) -> tuple[Answers, str]:
        """Answers and where travelled, of a declaration made so many days ago."""
        ill = self.ill_from >= days_ago > self.ill_until
        contact = days_ago <= self.contact_until
        travel = days_ago <= self.travel_until
        if not (ill or contact or travel):
            return NO, ""
        answers = Answers(symptoms=self.symptoms if ill else frozenset(), contact_sick=contact, travel=travel)
        return answers, self.where if travel else ""


class Telling:
    """The health of everybody, from the seed."""

    def __init__(self, seed: int, days: int) -> None:
        self._seed, self._days = seed, days
        self._of = lru_cache(maxsize=16384)(self._make)

    def told(self, person: Resident, days_ago: int) -> tuple[Answers, str]:
        """Answers of a person on a day, and where they travelled ("" unless they did)."""
        return self._of(person.number, person.role == "guest", person.who.nationality != "VN").told(days_ago)

    def _make(self, number: int, guest: bool, foreign: bool) -> Health:
        rng = stream(self._seed, "health", number)
        ill_from = ill_until = contact = travel = -1
        if rng.random() < 0.05:
            ill_from = rng.randint(0, self._days)
            ill_until = ill_from - rng.randint(2, 5)
        symptoms = rng.choices([s for s, _ in COMPLAINTS], [w for _, w in COMPLAINTS])[0]
        if rng.random() < (0.12 if ill_from >= 0 else 0.008):
            contact = max(ill_from, rng.randint(0, self._days))
        if rng.random() < (0.25 if foreign else 0.08 if guest else 0.01):
            travel = rng.randint(2, self._days)
        return Health(ill_from, ill_until, frozenset(symptoms), contact, travel, rng.choice(WHERE))
