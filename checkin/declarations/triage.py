"""How urgent a declaration is for those who help: pure, by rules that come as dated data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

Level = Literal["routine", "watch", "urgent"]

LEVELS: tuple[Level, ...] = ("routine", "watch", "urgent")
NOT_ASKED: Literal["none"] = "none"
"""In place of a level where nobody asked: the presence is known, the health is not."""
SYMPTOMS = ("fever", "cough", "breathless", "pneumonia", "sore_throat", "tired", "loss_of_taste", "other")
"""The symptoms of the national form (sốt, ho, khó thở, viêm phổi, đau họng, mệt mỏi), loss of taste, and any
other: so "yes" without saying which is still told."""

_KINDS = ("symptom", "contact_sick", "travel")
_KEYS = ("symptoms", "contact_sick", "travel", "combos")


@dataclass(frozen=True)
class Answers:
    """What a person said of the last 14 days. Raises ValueError naming a symptom not in `SYMPTOMS`."""

    symptoms: frozenset[str] = frozenset()
    contact_sick: bool = False
    travel: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.symptoms, str):
            raise ValueError(f"symptoms must be a set of codes, not {self.symptoms!r}")
        object.__setattr__(self, "symptoms", frozenset(self.symptoms))
        for code in sorted(self.symptoms - set(SYMPTOMS)):
            raise ValueError(f"unknown symptom {code!r}")


@dataclass(frozen=True)
class Combo:
    """Answers that weigh more together: "symptom" (any), "contact_sick", "travel" or symptom codes."""

    all_of: frozenset[str]
    level: Level

    @property
    def reason(self) -> str:
        """The combination as one code, in the order of the form: "symptom+travel"."""
        return "+".join(part for part in (*SYMPTOMS, *_KINDS) if part in self.all_of)


@dataclass(frozen=True)
class TriageRules:
    """One dated rule set: a level for each symptom and other answer, and what weighs more together."""

    symptoms: Mapping[str, Level]
    contact_sick: Level
    travel: Level
    combos: tuple[Combo, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "TriageRules":
        """Return the rules in `data`, laid out as in a rule file.

        `symptoms` maps every code of `SYMPTOMS` to a level; `contact_sick` and `travel` are levels; `combos`
        (may be absent) is a list of `{all_of = [...], level = ...}`. Raises ValueError naming the first key
        or value that is unknown or missing: a misspelt rule must stop the start, not weaken the triage.
        """
        _only(data, _KEYS, required=_KEYS[:3], where="rules")
        symptoms = _table(data["symptoms"], "symptoms")
        _only(symptoms, SYMPTOMS, required=SYMPTOMS, where="symptoms")
        combos = data.get("combos", [])
        if not isinstance(combos, list | tuple):
            raise ValueError(f"combos: must be a list, not {combos!r}")
        levels = {code: _level(symptoms[code], f"symptoms.{code}") for code in SYMPTOMS}
        return cls(
            symptoms=MappingProxyType(levels),
            contact_sick=_level(data["contact_sick"], "contact_sick"),
            travel=_level(data["travel"], "travel"),
            combos=tuple(_combo(entry, f"combos[{index}]") for index, entry in enumerate(combos)),
        )


@dataclass(frozen=True)
class Triage:
    """The level, and the codes of the answers and combinations above routine, in the order of the form."""

    level: Level | Literal["none"]
    reasons: tuple[str, ...]


def triage(answers: Answers, rules: TriageRules) -> Triage:
    """Return the highest level any answer or combination reaches under `rules`, with every reason above
    routine.

    For the commune station and the CDC alone; nobody at a door sees the reasons.
    """
    reached: list[tuple[str, Level]] = [(code, rules.symptoms[code]) for code in SYMPTOMS if code in answers.symptoms]
    if answers.contact_sick:
        reached.append(("contact_sick", rules.contact_sick))
    if answers.travel:
        reached.append(("travel", rules.travel))
    said = {code for code, _ in reached} | ({"symptom"} if answers.symptoms else set())
    reached += [(combo.reason, combo.level) for combo in rules.combos if combo.all_of <= said]
    level = max((level for _, level in reached), key=LEVELS.index, default=LEVELS[0])
    return Triage(level, tuple(code for code, weight in reached if weight != "routine"))


def needs_help(level: str) -> bool:
    """Return whether somebody should speak with the person: every level but routine; no for NOT_ASKED."""
    return level not in ("routine", NOT_ASKED)


def _only(table: Mapping[str, Any], known: tuple[str, ...], required: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}")
    for key in required:
        if key not in table:
            raise ValueError(f"{where}: missing key {key!r}")


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where}: must be a table, not {value!r}")
    return value


def _level(value: object, where: str) -> Level:
    for level in LEVELS:
        if value == level:
            return level
    raise ValueError(f"{where}: unknown level {value!r}")


def _combo(entry: object, where: str) -> Combo:
    table = _table(entry, where)
    _only(table, ("all_of", "level"), required=("all_of", "level"), where=where)
    parts = table["all_of"]
    if not isinstance(parts, list | tuple) or not parts:
        raise ValueError(f"{where}.all_of: must be a list of answers, not {parts!r}")
    for part in parts:
        if part not in _KINDS and part not in SYMPTOMS:
            raise ValueError(f"{where}.all_of: unknown answer {part!r}")
    return Combo(frozenset(parts), _level(table["level"], f"{where}.level"))
