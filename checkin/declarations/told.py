"""What a person told, in its normal form: the pure middle between the form and the store."""

from dataclasses import dataclass, field
from typing import Any

from checkin.declarations.triage import Answers
from checkin.people.idnumbers import contradictions, parse_id_number


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who somebody says to be. Text is clean, the phone in E.164, the number in its one written form."""

    full_name: str
    birth_year: int
    gender: str  # male, female, other; empty where it was not told
    phone: str
    province_id: str | None
    commune_id: str | None
    address: str = ""
    id_number: str = ""
    nationality: str = "VN"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for sealing and for the visitor's own cookie."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Identity":
        """The identity of `as_dict`; raises TypeError when fields are missing or unknown."""
        return cls(**values)

    def doubts(self) -> tuple[str, ...]:
        """What the id number contradicts: 'id_birth_year', 'id_gender'. A warning, never a refusal."""
        if not self.id_number:
            return ()
        try:
            number = parse_id_number(self.id_number)
        except ValueError:
            return ()
        return tuple(f"id_{what}" for what in contradictions(number, self.birth_year, self.gender))

    def age_band(self, year: int) -> str:
        """Age at the end of the year in the bands that statistics use."""
        age = year - self.birth_year
        for low, band in ((65, "65+"), (50, "50-64"), (18, "18-49"), (5, "5-17")):
            if age >= low:
                return band
        return "0-4"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A whole declaration: who, and the answers for the last days; None where nobody asked."""

    who: Identity
    answers: Answers | None = field(default_factory=Answers)
    travel_where: str = ""

    @property
    def all_no(self) -> bool:
        """True when every answer was no: only then the next visit is offered as one confirmation."""
        return self.answers == Answers()

    def details(self) -> dict[str, Any]:
        """What is sealed: everything that statistics do not need."""
        return self.who.as_dict() | {"travel_where": self.travel_where}

    def fingerprint(self) -> str:
        """The same text for the same declaration, to tell a form sent twice from one that was changed."""
        parts = [*map(str, self.who.as_dict().values()), self.travel_where]
        if self.answers is not None:
            parts += [
                ",".join(sorted(self.answers.symptoms)),
                str(self.answers.contact_sick),
                str(self.answers.travel),
            ]
        return "\x1f".join(parts)
