"""What somebody tells of having been there, as it is sealed and as it is read again. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Who was there, how to call them, from when to when, and how they feel; the phone in its normal form."""

    full_name: str
    birth_year: int
    phone: str
    commune_id: str | None
    # Where they live, in words, of those from elsewhere.
    elsewhere: str
    came: datetime
    left: datetime
    symptoms: tuple[str, ...]

    def details(self) -> dict[str, Any]:
        """What is sealed."""
        return vars(self) | {
            "came": self.came.isoformat(),
            "left": self.left.isoformat(),
            "symptoms": list(self.symptoms),
        }

    def fingerprint(self) -> str:
        """The same text for the same answer, to tell a form sent twice from one that was changed."""
        return "\x1f".join(map(str, self.details().values()))


def read(values: Mapping[str, Any]) -> Telling:
    """What `details` wrote; raises KeyError, TypeError or ValueError for anything else."""
    return Telling(
        full_name=str(values["full_name"]),
        birth_year=int(values["birth_year"]),
        phone=str(values["phone"]),
        commune_id=values["commune_id"],
        elsewhere=str(values["elsewhere"]),
        came=datetime.fromisoformat(values["came"]),
        left=datetime.fromisoformat(values["left"]),
        symptoms=tuple(str(one) for one in values["symptoms"]),
    )
