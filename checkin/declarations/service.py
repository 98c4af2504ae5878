from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from checkin import clock
from checkin.batch import Asked
from checkin.declarations.models import Declaration
from checkin.declarations.told import Identity, Told
from checkin.declarations.triage import NOT_ASKED, Answers, Triage, TriageRules, triage
from checkin.ids import new_id
from checkin.people.identity import Indexes, indexes
from checkin.rules import RuleSet
from checkin.vault import Vault

INSERT = sa.insert(Declaration.__table__)  # type: ignore[arg-type]


@lru_cache(maxsize=8)
def _triage_rules(rules: RuleSet) -> TriageRules:
    return TriageRules.from_dict(rules["triage"])


def judge(answers: Answers | None, rules: RuleSet) -> Triage:
    """Level and reasons of answers by a rule set; NOT_ASKED without any."""
    if answers is None:
        return Triage(NOT_ASKED, ())
    return triage(answers, _triage_rules(rules))


def person_indexes(vault: Vault, who: Identity) -> Indexes:
    """What the person of a declaration is recognised by."""
    return indexes(vault, full_name=who.full_name, birth_year=who.birth_year, id_number=who.id_number, phone=who.phone)


def prepare(
    vault: Vault,
    *,
    declaration_id: UUID,
    now: datetime,
    rules: RuleSet,
    told: Told,
    person_id: UUID,
    flags: tuple[str, ...] = (),
    corrects: UUID | None = None,
) -> Asked:
    """The statement that stores a declaration, details sealed, to be sent with others; `corrects`: the first of its
    form, where it is a correction."""
    values = row(
        vault,
        declaration_id=declaration_id,
        made_at=now,
        person_id=person_id,
        rules=rules,
        told=told,
        flags=flags,
    )
    return INSERT, {**values, "corrects": corrects}


def prepare_on_file(
    *, now: datetime, rules: RuleSet, who: Mapping[str, Any], answers: Answers | None, flags: tuple[str, ...] = ()
) -> tuple[UUID, Asked]:
    """The same of somebody on file, by the columns of `on_file`."""
    declaration_id = new_id(now)
    values = answered(who, declaration_id=declaration_id, made_at=now, rules=rules, answers=answers, flags=flags)
    return declaration_id, (INSERT, values)


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
    return answered(
        on_file(vault, told=told, person_id=person_id, at=made_at),
        declaration_id=declaration_id,
        made_at=made_at,
        rules=rules,
        answers=told.answers,
        flags=(*told.who.doubts(), *flags),
    )


def on_file(vault: Vault, *, told: Told, person_id: UUID, at: datetime) -> dict[str, Any]:
    """The columns of `models.OnFile`: who somebody is, of which nothing readable is kept but what statistics need."""
    return {
        "person_id": person_id,
        "commune_id": told.who.commune_id,
        "province_id": told.who.province_id,
        "gender": told.who.gender,
        "age_band": told.who.age_band(clock.to_local(at).year),
        "details": vault.seal(told.details()),
    }


def answered(
    who: Mapping[str, Any],
    *,
    declaration_id: UUID,
    made_at: datetime,
    rules: RuleSet,
    answers: Answers | None,
    flags: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The columns of a declaration of somebody on file, by the columns of `on_file`; `answers` None: nobody asked.

    The sealed details are copied as they are: nobody needs to open them for it.
    """
    judged = judge(answers, rules)
    return {
        **who,
        "id": declaration_id,
        "made_at": made_at,
        "rules_id": rules.id,
        "symptoms": sorted(answers.symptoms) if answers else [],
        "has_symptoms": bool(answers.symptoms) if answers else None,
        "contact_sick": answers.contact_sick if answers else None,
        "travel": answers.travel if answers else None,
        "triage": judged.level,
        "reasons": list(judged.reasons),
        "flags": list(flags),
        "corrects": None,
    }
