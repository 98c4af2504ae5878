"""Phone numbers and papers of the demo province: valid in form, unique by the person's number."""

import random

from checkin.demo.wordlists import words

# Two digits behind the zero that are in use for mobile phones; 87 is kept for the cast of the planted story.
PREFIXES = words("32 33 34 35 36 37 38 39 70 76 77 78 79 81 82 83 84 85 86 88 90 91 93 94 96 97 98")
CAST_PREFIX = "87"
_SPACE = len(PREFIXES) * 10_000_000
_STEP = 104_729_003  # odd and prime to the space: every person gets another number
ABROAD = {
    "CN": "+86138{:08d}",
    "KR": "+82102{:07d}",
    "JP": "+81902{:07d}",
    "TW": "+8869{:08d}",
    "US": "+1415555{:04d}",
    "FR": "+336{:08d}",
    "DE": "+491512{:07d}",
    "GB": "+447400{:06d}",
    "AU": "+61412{:06d}",
}


def phone(number: int) -> str:
    """The mobile phone of a person, E.164."""
    place = (number * _STEP + 7_654_321) % _SPACE
    prefix, rest = divmod(place, 10_000_000)
    return f"+84{PREFIXES[prefix]}{rest:07d}"


def cast_phone(number: int) -> str:
    """The mobile phone of one of the cast, E.164."""
    return f"+84{CAST_PREFIX}{3_000_000 + number * 4_567:07d}"


def foreign_phone(nationality: str, number: int) -> str:
    """A mobile phone from abroad, E.164."""
    pattern = ABROAD[nationality]
    digits = int(pattern.partition("{:0")[2][0])
    return pattern.format((number * 7_919 + 1_234_567) % 10**digits)


def landline(rng: random.Random) -> str:
    """A venue's phone, E.164: 0203 is the province's."""
    return f"+84203{rng.choice((3, 3, 3, 6))}{rng.randrange(500_000, 899_999)}"


def citizen_id(province_code: str, gender: str, birth_year: int, number: int) -> str:
    """Twelve digits as Decree 137/2015/ND-CP, article 13 lays them out; `number` makes them differ."""
    century = 2 * (birth_year // 100 - 19) + (gender == "female")
    serial = (number * 7_919 + number // 1_000_000 * 31 + 1_009) % 1_000_000
    return f"{province_code:0>3}{century}{birth_year % 100:02d}{serial:06d}"


def old_id(number: int) -> str:
    """The nine digits of the older card; 100 and 101 were the province's."""
    return f"10{number % 2}{(number * 7_919 + 13) % 1_000_000:06d}"


def passport(nationality: str, number: int) -> str:
    """A passport number: letters and digits, as the country writes it."""
    letters = {"CN": "E", "KR": "M", "JP": "TR", "US": "A", "FR": "19FV", "DE": "C01", "AU": "PA"}.get(nationality, "N")
    width = 9 - len(letters)
    return f"{letters}{(number * 7_919 + 4_321) % 10**width:0{width}d}"
