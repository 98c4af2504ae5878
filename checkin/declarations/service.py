from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin import clock
from checkin.batch import Asked
from checkin.declarations.models import Declaration
from checkin.declarations.told import Identity, Told
from checkin.declarations.triage import NOT_ASKED, Triage, TriageRules, triage
from checkin.ids import new_id
from checkin.people.identity import Indexes, indexes
from checkin.rules import RuleSet
from checkin.vault import Vault

_INSERT = sa.insert(Declaration.__table__)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _triage_rules(rules: RuleSet) -> TriageRules:
    return TriageRules.from_dict(rules["triage"])


def judge(told: Told, rules: RuleSet) -> Triage:
    """Level and reasons of a declaration by a rule set; NOT_ASKED without answers."""
    if told.answers is None:
        return Triage(NOT_ASKED, ())
    return triage(told.answers, _triage_rules(rules))


def person_indexes(vault: Vault, who: Identity) -> Indexes:
    """What the person of a declaration is recognised by."""
    return indexes(vault, full_name=who.full_name, birth_year=who.birth_year, id_number=who.id_number, phone=who.phone)


def prepare(
    vault: Vault, *, now: datetime, rules: RuleSet, told: Told, person_id: UUID, flags: tuple[str, ...] = ()
) -> tuple[UUID, Asked]:
    """The id of a declaration, and the statement that stores it, details sealed, to be sent with others."""
    declaration_id = new_id(now)
    values = row(
        vault, declaration_id=declaration_id, made_at=now, person_id=person_id, rules=rules, told=told, flags=flags
    )
    return declaration_id, (_INSERT, values)


def row(
    vault: Vault,
    *,
    declaration_id: UUID,
    made_at: datetime,
    person_id: UUID,
    rules: RuleSet,
    told: Told,
    flags: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The columns of a declaration, its details sealed: the one place that says what is kept and how."""
    judged, answers = judge(told, rules), told.answers
    return {
        "id": declaration_id,
        "made_at": made_at,
        "person_id": person_id,
        "rules_id": rules.id,
        "symptoms": sorted(answers.symptoms) if answers else [],
        "has_symptoms": bool(answers.symptoms) if answers else None,
        "contact_sick": answers.contact_sick if answers else None,
        "travel": answers.travel if answers else None,
        "triage": judged.level,
        "reasons": list(judged.reasons),
        "commune_id": told.who.commune_id,
        "province_id": told.who.province_id,
        "gender": told.who.gender,
        "age_band": told.who.age_band(clock.to_local(made_at).year),
        "flags": [*told.who.doubts(), *flags],
        "details": vault.seal(told.details()),
    }
