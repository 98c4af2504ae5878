"""The visitors whom the bench sends: the same identity each time for the same number."""

import random

from checkin.declarations.told import Identity, Told
from checkin.declarations.triage import Answers
from checkin.demo.names import family_name, personal_name

NEWCOMERS = 5_000_000
"""Numbers from here on belong to people whom no database knows."""


def identity(number: int, communes: list[str], province: str) -> Identity:
    """Visitor of this number, below ten million: phone numbers are counted through."""
    rng = random.Random(number)  # noqa: S311 - invented people
    gender = "female" if number % 2 else "male"
    birth_year = 1940 + number % 70
    return Identity(
        full_name=f"{family_name(rng)} {personal_name(rng, gender, birth_year)}",
        birth_year=birth_year,
        gender=gender,
        phone=f"+8491{number:07d}",
        province_id=province,
        commune_id=communes[number % len(communes)],
        address=f"Số {number % 300 + 1}, tổ {number % 12 + 1}",
    )


def told(number: int, who: Identity) -> Told:
    """What this visitor declares in the loaded days: one in forty has symptoms, one in ninety travelled."""
    cough = frozenset({"cough", "fever"}) if number % 40 == 0 else frozenset()
    travel = number % 90 == 0
    return Told(
        who=who, answers=Answers(symptoms=cough, travel=travel), travel_where="Hà Nội, Hải Phòng" if travel else ""
    )


def form(who: Identity, submission: str) -> dict[str, str]:
    """The whole form as a phone posts it for the first time, every answer no."""
    return {
        "submission": submission,
        "full_name": who.full_name,
        "birth_year": str(who.birth_year),
        "gender": who.gender,
        "phone": "0" + who.phone.removeprefix("+84"),
        "province": who.province_id or "",
        "commune": who.commune_id or "",
        "address": who.address,
        "id_number": "",
        "nationality": who.nationality,
        "symptoms": "no",
        "contact_sick": "no",
        "travel": "no",
        "consent": "y",
    }
