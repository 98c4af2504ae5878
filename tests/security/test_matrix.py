"""Every address, method and role, with an own, a foreign and an absent object: what was declared, and nothing else."""

import re
from functools import cache
from itertools import product

import pytest

from checkin.accounts.models import ROLES as ACCOUNT_ROLES
from checkin.features import FEATURES
from checkin.visits.tokens import submission_token
from tests.conftest import NOW
from tests.security import tenants
from tests.security.matrix import (
    BESIDE,
    EVERYBODY,
    GROWS,
    MATRIX,
    NOT_FOUND,
    NOT_SIGNED_IN,
    OK,
    OWN,
    REFUSED,
    ROLES,
    SEES,
    TO_SIGN_IN,
    Row,
)  # fmt: skip
from tests.security.tenants import NOBODY, A, B, Subject, Town, knock
from tests.worlds import vault_of

FIXED = {"filename": "css/base.css"}
METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}


def rules(app):
    """(method, rule) of every address, `static` among them."""
    return [
        (method, rule) for rule in app.url_map.iter_rules() for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


@cache
def rule_of(app, name):
    method, address = name.split(" ", 1)
    return next(rule for known, rule in rules(app) if known == method and rule.rule == address)


def targets(town: Town, name: str, row: Row):
    """(whose, tenant, address) of every object that an address can name, and of every fixed word in it."""
    rule = rule_of(town.app, name)
    choices = [
        [(argument, word) for word in sorted(converter.items)] if hasattr(converter, "items") else [(argument, None)]
        for argument, converter in rule._converters.items()
    ]
    kinds = [("own", A)] if not row.absent else [("own", A), ("foreign", B), ("absent", "")]
    for number, (whose, tenant) in enumerate(kinds):
        for chosen in product(*choices):
            values = {}
            for argument, word in chosen:
                if word is None and argument not in FIXED:
                    known = row.at.get(argument, argument)
                    assert known in town.objects, (
                        f"say in tests/security/tenants.py (`build`) what <{argument}> of '{name}' is"
                    )
                    word = town.objects[known][number]
                values[argument] = word or FIXED[argument]
            yield whose, tenant, rule.build(values)[1]


def form_for(town: Town, row: Row, tenant: str, path: str):
    """The form that does the work at this address, for the objects of a tenant."""
    values = dict(town.values[tenant or A])
    code = path.split("/")[2] if path.startswith(("/v/", "/declare/")) else ""
    code = f"declare {code}" if path.startswith("/declare/") else code
    values["submission"] = submission_token(vault_of(town.app).session_secret, code, NOW)
    if callable(row.form):
        return row.form(values)
    return {
        field.format(**values): text.format(**values) if isinstance(text, str) else text
        for field, text in row.form.items()
    }


def first_for(town: Town, row: Row):
    """What is opened before, in the same session."""
    return row.first.format(**town.values[A])


def outcome(answer) -> str:
    """What an answer is, in the words of the matrix."""
    if answer.status_code == 302 and answer.location.startswith("/sign-in"):
        return TO_SIGN_IN
    return OK if answer.status_code in {200, 204, 302, 303, 307} else str(answer.status_code)


def expected(row: Row, role: str, whose: str, tier: str = "all") -> str:
    if f"{role} in {tier}" in row.but:
        return row.but[f"{role} in {tier}"]
    if role in row.but:
        return row.but[role]
    if f"{role} {whose}" in row.but:
        return row.but[f"{role} {whose}"]
    if role in row.who:
        return {"own": row.own, "foreign": row.foreign, "absent": row.absent}[whose]
    return TO_SIGN_IN if role in NOT_SIGNED_IN else REFUSED


def foreign_names(found, row: Row, role: str, tenant: str):
    """The canaries of an answer that this role has no business with."""
    return {
        (kind, of) for kind, of in found
        if not (kind in row.shows and of == tenant) and not (kind in SEES[role] and (SEES[role][kind] != OWN or of == A))
    }  # fmt: skip


def changed(before, after):
    """Tables whose rows differ, but for what a refused request may leave behind."""
    return {
        name for name in before
        if before[name] != after[name] and name not in BESIDE and not (name in GROWS and set(before[name]) <= set(after[name]))
    }  # fmt: skip


def prove(town: Town, name: str, tier: str, *, whole: bool) -> None:
    """Knock as everybody at every object; those who are refused first, after whom every row must be what it was.

    Who is refused whatever the object knocks at one object alone, unless `whole`.
    """
    row, method, app = MATRIX[name], name.split(" ")[0], town.world.app(tier)
    before = tenants.rows(town)
    if any(before[table] != town.clean[table] for table in before if table not in BESIDE):
        # What an earlier test left would be taken away by the first `restore`, and missed.
        tenants.restore(town)
        before = tenants.rows(town)
    cells = [
        (role, target, method == "POST" and does_work(row, known_in(tier, role), target[0]))
        for role, target in product(ROLES, targets(town, name, row))
        if whole or role in row.who or target[0] == "own"
    ]
    try:
        for works in (False, True):
            for role, (whose, tenant, path), _ in (cell for cell in cells if cell[2] == works):
                cell = f"{name} as {role}, {whose} object ({path}), tier {tier}"
                answer = knock(
                    app, town.subjects[role], method, path, form_for(town, row, tenant, path), first_for(town, row)
                )
                wanted = expected(row, known_in(tier, role), whose, tier)
                assert outcome(answer) == wanted, f"{cell}: {answer.status_code}, declared is '{wanted}'"
                strange = foreign_names(tenants.seen(tenants.text_of(answer)), row, known_in(tier, role), tenant)
                assert not strange, f"{cell} shows {strange}"
                if works:
                    same = tenants.rows(town) == before
                    assert row.same in (None, same), (
                        f"{cell}: rows are {'the same' if same else 'changed'}, declared otherwise"
                    )
                    tenants.restore(town)
            after = tenants.rows(town)
            gone = {table: set(before[table]) - set(after[table]) for table in changed(before, after)}
            assert not gone, f"{name}, refused or read, changed {gone}"
            if after != before:
                tenants.restore(town)
    except AssertionError:
        tenants.restore(town)
        raise


def known_in(tier: str, role: str) -> str:
    """Whom a tier takes somebody for: a session of the other tier is nobody's."""
    here = role in NOT_SIGNED_IN or tier == "all" or (role == "owner") == (tier == "public")
    return role if here else "anonymous"


def does_work(row: Row, role: str, whose: str) -> bool:
    """True for a form that does what it is there for."""
    return role in row.who and role not in row.but and whose != "absent" and expected(row, role, whose) != NOT_FOUND


@pytest.mark.postgresql
@pytest.mark.parametrize("name", MATRIX)
def test_everybody_gets_what_is_declared_and_no_name_of_others(postgresql_town, name):
    assert MATRIX[name].where
    for tier in sorted(MATRIX[name].where):
        prove(postgresql_town, name, tier, whole=False)


@pytest.mark.long
@pytest.mark.wide
@pytest.mark.postgresql
@pytest.mark.parametrize("name", MATRIX)
def test_who_is_refused_is_refused_at_every_object(postgresql_town, name):
    for tier in sorted(MATRIX[name].where):
        prove(postgresql_town, name, tier, whole=True)


@pytest.mark.long
@pytest.mark.wide
@pytest.mark.parametrize("name", MATRIX)
def test_the_same_on_sqlite_where_one_process_has_every_tier(town, name):
    prove(town, name, "all", whole=True)


def test_every_route_and_method_is_declared(town):
    there = {f"{method} {rule.rule}" for method, rule in rules(town.app)}
    missing = "\n".join(sorted(there - set(MATRIX)))
    assert not missing, f"write a row in MATRIX (tests/security/matrix.py) for:\n{missing}"
    stale = "\n".join(sorted(set(MATRIX) - there))
    assert not stale, f"take out of MATRIX (tests/security/matrix.py), there is no such route:\n{stale}"


def test_every_kind_of_access_has_somebody_who_knocks():
    kinds = {feature.access if isinstance(feature.access, str) else None for feature in FEATURES} - {None}
    for feature in FEATURES:
        kinds |= set() if isinstance(feature.access, str) else feature.access
    unknown = kinds - {"anyone", "signed in"} - set(ROLES)
    assert not unknown, f"add to ROLES in tests/security/matrix.py and to `_subjects` in tenants.py: {unknown}"
    assert set(ACCOUNT_ROLES) <= EVERYBODY and set(SEES) == EVERYBODY


@pytest.mark.parametrize("tier", ["public", "staff"])
def test_each_tier_has_its_own_pages_alone(town, tier):
    app = town.world.app(tier)
    there = {f"{method} {rule.rule}" for method, rule in rules(app)}
    assert there == {name for name, row in MATRIX.items() if tier in row.where}
    # Also with a session of the other tier, and with every right that there is.
    for name, row in MATRIX.items():
        _, _, path = next(targets(town, name, row))
        for role in ("anonymous", "owner", "cdc", "admin"):
            of_this_tier = role == "anonymous" or (role == "owner") == (tier == "public")
            if tier in row.where and (of_this_tier or role in NOT_SIGNED_IN or row.who == EVERYBODY):
                continue
            answer = knock(app, town.subjects[role], name.split(" ")[0], path, {})
            if tier in row.where:  # nobody's session here
                assert outcome(answer) == expected(row, "anonymous", "own", tier), (
                    tier,
                    name,
                    role,
                    answer.status_code,
                )
            else:
                assert answer.status_code in {404, 405}, (tier, name, role, answer.status_code)
            assert not tenants.seen(tenants.text_of(answer))


def test_a_method_that_is_not_declared_does_nothing(town):
    before = tenants.rows(town)
    for rule in town.app.url_map.iter_rules():
        row = MATRIX[f"{'GET' if 'GET' in rule.methods else 'POST'} {rule.rule}"]
        _, _, path = next(targets(town, f"{'GET' if 'GET' in rule.methods else 'POST'} {rule.rule}", row))
        same_path = {
            method for other in town.app.url_map.iter_rules() if other.rule == rule.rule for method in other.methods
        }
        for method in METHODS - same_path:
            answer = knock(town.app, town.subjects["admin"], method, path)
            assert outcome(answer) in {"405", REFUSED, NOT_FOUND}, (method, path, answer.status_code)
    assert not changed(before, tenants.rows(town))


def test_a_blueprint_without_an_entry_is_refused(town):
    mounts = town.app.extensions["checkin_mounts"]
    feature = mounts.pop("front")
    try:
        for role in ROLES:
            assert knock(town.app, town.subjects[role], "GET", "/privacy").status_code == 403
    finally:
        mounts["front"] = feature


def test_a_session_taken_apart_opens_nothing(town):
    good = town.subjects["cdc"]
    cookies = dict(cookie.split("=", 1) for cookie in good.cookies.split("; "))
    name, value = "session", cookies["session"]
    body, *rest = value.split(".")
    for cookie in (value[:-3] + "abc", body, ".".join([body[:-2] + "xx", *rest]), "", f"{NOBODY}:1"):
        answer = knock(town.app, Subject("anonymous", f"{name}={cookie}"), "GET", "/cases/")
        assert outcome(answer) == TO_SIGN_IN


def test_canaries_differ_and_are_found_wherever_they_stand(town):
    assert len({word.casefold() for words in tenants.CANARIES.values() for word in words}) == sum(
        map(len, tenants.CANARIES.values())
    )
    assert tenants.seen("x ztenQWAZO y") == {("visitor", A)}
    assert tenants.seen("gọi 0912 345 672") == {("visitor", B)}
    # Each kind that a role may see, it does see on some page: else the search proves nothing.
    for role, kinds in SEES.items():
        found = set()
        # Pages of few first: there most is shown.
        for name, row in sorted(MATRIX.items(), key=lambda one: len(one[1].who)):
            if found == set(kinds):
                break
            if name.startswith("GET") and role in row.who and "/codes/" not in name:
                _, _, path = next(targets(town, name, row))
                text = tenants.text_of(knock(town.app, town.subjects[role], "GET", path, first=first_for(town, row)))
                found |= {kind for kind, of in tenants.seen(text) if kind in kinds and (of == A or kinds[kind] != OWN)}
        tenants.restore(town)
        assert found == set(kinds), f"{role} never meets {set(kinds) - found}: take it out of SEES"
    assert re.fullmatch(r"[A-Z][a-z]+", A) and re.fullmatch(r"[A-Z][a-z]+", B)
