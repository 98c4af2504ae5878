from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from checkin import clock
from checkin.declarations.models import Declaration
from checkin.declarations.told import Told
from checkin.declarations.triage import Triage, TriageRules, triage
from checkin.ids import new_id
from checkin.people import service as people
from checkin.people.identity import indexes
from checkin.rules import RuleSet
from checkin.vault import Vault

_INSERT = sa.insert(Declaration.__table__)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Recorded:
    """A declaration that was stored."""

    id: UUID
    person_id: UUID


@lru_cache(maxsize=8)
def _triage_rules(rules: RuleSet) -> TriageRules:
    return TriageRules.from_dict(rules["triage"])


def judge(told: Told, rules: RuleSet) -> Triage:
    """Level and reasons of a declaration by a rule set."""
    return triage(told.answers, _triage_rules(rules))


def record(
    session: Session, vault: Vault, *, now: datetime, rules: RuleSet, told: Told, flags: tuple[str, ...] = ()
) -> Recorded:
    """Store a declaration, its details sealed, for the person whom it means."""
    who = told.who
    person_id = people.identify(
        session,
        now=now,
        told=indexes(
            vault,
            full_name=who.full_name,
            birth_year=who.birth_year,
            id_number=who.id_number,
            phone=who.phone,
        ),
        commune_id=who.commune_id,
    )
    declaration_id = new_id(now)
    values = row(
        vault, declaration_id=declaration_id, made_at=now, person_id=person_id, rules=rules, told=told, flags=flags
    )
    session.execute(_INSERT, values)
    return Recorded(declaration_id, person_id)


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
    judged = judge(told, rules)
    return {
        "id": declaration_id,
        "made_at": made_at,
        "person_id": person_id,
        "rules_id": rules.id,
        "symptoms": sorted(told.answers.symptoms),
        "has_symptoms": bool(told.answers.symptoms),
        "contact_sick": told.answers.contact_sick,
        "travel": told.answers.travel,
        "triage": judged.level,
        "reasons": list(judged.reasons),
        "commune_id": told.who.commune_id,
        "province_id": told.who.province_id,
        "gender": told.who.gender,
        "age_band": told.who.age_band(clock.to_local(made_at).year),
        "flags": [*told.who.doubts(), *flags],
        "details": vault.seal(told.details()),
    }
