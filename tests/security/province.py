"""A small province for the two walls: two communes, two owners, cases and lookups; and who may see what of it.

`sees` is written from what was promised, in plain words of its own. It imports nothing of the product and reads rows
that were fetched by name, so that neither wall can be right because the other one is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]
Data = dict[str, list[Row]]
HERE, THERE = "06652", "06685"
KEYS = {"visit": ("entered_at", "id"), "declaration": ("made_at", "id"), "kept_visit": ("entered_at", "id"),
        "kept_declaration": ("made_at", "id"), "case_visit": ("case_id", "entered_at", "visit_id"), "met_person": ("case_id", "made_of", "person_id"),
        "export_part": ("export_id", "number"), "lookup_venue": ("lookup_id", "number"), "register_part": ("import_id", "kind", "number"), "register_number": ("number",), "audit": ("seq",), "code": ("code",), "alembic_version": ("version_num",),
        "place_successor": ("old_id", "new_id"), "recovery_code": ("account_id", "code_hash"),
        "finding_entry": ("finding_id", "seq"), "poster_file": ("job_id", "number"), "code_guess": ("day", "kind"), "station_step": ("call_id", "number"), "contact_step": ("contact_id", "number"), "case_step": ("case_id", "number"), "signal_step": ("signal_id", "number"), "contact_check": ("contact_id", "kind", "day", "number"), "case_window": ("case_id", "which"), "infection": ("case_id", "number"), "shift_change": ("worker_id", "day"), "notice_receipt": ("notice_id",), "notice_draft": ("notice_id", "number"), "notice_text": ("notice_id", "phone_index"), "api_call": ("token_id", "key_index"), "list_heading": ("heading_index",), "pair_step": ("pair_id", "number"), "joined": ("member_id",), "contact_near": ("contact_id", "f1_id")}  # fmt: skip


@dataclass(frozen=True)
class Who:
    """Somebody who asks: in the words of the settings, empty where there is nothing to say."""

    name: str
    role: str = ""
    account: str = ""
    commune: str = ""
    purpose: str = ""
    # Whether that is a lookup or case that there is.
    bound: bool = False

    @property
    def settings(self) -> dict[str, str]:
        """What is set at the start of a transaction."""
        said = {"role": self.role, "account": self.account, "commune": self.commune, "purpose": self.purpose}
        return {f"checkin.{name}": value for name, value in said.items() if value}


def key(table: str, row: Row) -> tuple[str, ...]:
    """What a row is called, the same from every database."""
    return tuple(str(row[name]) for name in KEYS.get(table, ("id",)))


def sees(who: Who, table: str, data: Data) -> set[tuple[str, ...]]:
    """The rows of a table that somebody may see. KeyError for a table of which nobody has said it."""
    may = PROMISED[table]
    return {key(table, row) for row in data[table] if may(who, row, data)}


def _lives_here(who: Who, person: object, data: Data) -> bool:
    # What was copied of a card, and nobody asked, says nothing.
    told = [row for row in data["declaration"] if row["person_id"] == person and row["triage"] != "none"]
    told += [row for row in data["person"] if row["id"] == person]
    return any(row["commune_id"] == who.commune for row in told)


def _cdc_for_something(who: Who) -> bool:
    return who.role == "cdc" and who.bound


def _of_people(who: Who, row: Row, _data: Data) -> bool:
    return _cdc_for_something(who) or who.role == "commune" and row["commune_id"] == who.commune


def _step(who: Who, row: Row, data: Data) -> bool:
    call = next(call for call in data["station_call"] if call["id"] == row["call_id"])
    return _of_people(who, row, data) or _of_people(who, call, data)


def _contact_step(who: Who, row: Row, data: Data) -> bool:
    return _of_people(who, next(one for one in data["contact"] if one["id"] == row["contact_id"]), data)


def _visit(who: Who, row: Row, data: Data) -> bool:
    if who.role == "commune":
        at = next(venue for venue in data["venue"] if venue["id"] == row["venue_id"])
        return at["commune_id"] == who.commune or _lives_here(who, row["person_id"], data)
    if who.role == "owner":  # to be counted
        at = next(venue for venue in data["venue"] if venue["id"] == row["venue_id"])
        return str(at["owner_id"]) == who.account
    return _cdc_for_something(who)


def _venue(who: Who, row: Row, _data: Data) -> bool:
    if who.role == "commune":
        return row["commune_id"] == who.commune
    return who.role in ("cdc", "system") or who.role == "owner" and str(row["owner_id"]) == who.account


def _at_venue(who: Who, row: Row, data: Data) -> bool:
    at = next(venue for venue in data["venue"] if venue["id"] == row["venue_id"])
    return who.role in ("cdc", "commune", "owner") and _venue(who, at, data)


def _listed(who: Who, row: Row, data: Data) -> bool:
    at = next(venue for venue in data["venue"] if venue["id"] == row["venue_id"])
    return who.role == "system" or who.role == "owner" and str(at["owner_id"]) == who.account


def _account(who: Who, row: Row, _data: Data) -> bool:
    if who.role == "admin":
        return row["role"] != "owner"
    return who.role == "system" or bool(who.role) and str(row["id"]) == who.account


def _own_session(who: Who, row: Row, _data: Data) -> bool:
    return who.role == "system" or bool(who.role) and str(row["account_id"]) == who.account


def _own_codes(who: Who, row: Row, data: Data) -> bool:
    return who.role == "admin" or _own_session(who, row, data)  # who takes them out of use for others


def _part(who: Who, row: Row, data: Data) -> bool:
    made_by = next(export["made_by"] for export in data["export"] if export["id"] == row["export_id"])
    return who.role == "system" or who.role == "cdc" and str(made_by) == who.account


def _kept(who: Who, _row: Row, _data: Data) -> bool:
    return _cdc_for_something(who)


def _casework(who: Who, _row: Row, _data: Data) -> bool:
    return who.role in ("cdc", "system")


def _log(who: Who, _row: Row, _data: Data) -> bool:
    return who.role in ("admin", "system")


def _own_posters(who: Who, row: Row, data: Data) -> bool:
    job = next(job for job in data["poster_job"] if job["id"] == row.get("job_id", row.get("id")))
    return who.role == "system" or who.role in ("owner", "commune", "admin") and str(job["made_by"]) == who.account


def _anybody(_who: Who, _row: Row, _data: Data) -> bool:
    return True


def _own_register(who: Who, row: Row) -> bool:
    return who.role == "system" or who.role in ("admin", "commune") and str(row["made_by"]) == who.account


PROMISED: dict[str, Callable[[Who, Row, Data], bool]] = {
    "visit": _visit,
    "declaration": _of_people,
    "person": _of_people,
    "station_call": _of_people,
    # What a station did, and what was done before about those whom it has now.
    "station_step": _step,
    # Whom the CDC gave to a station, and what was done about them; nobody's who lives outside.
    "contact": _of_people,
    "contact_step": _contact_step,
    "contact_check": _contact_step,
    # How a shift stood, in numbers.
    "duty_handover": lambda who, _row, _data: who.role == "cdc",
    "person_card": _of_people,
    "kept_visit": _kept,
    "contact_near": _kept,
    "kept_declaration": _kept,
    "case_visit": _kept,
    "met_person": _kept,
    "venue": _venue,
    "account": _account,
    "account_session": _own_session,
    "recovery_code": _own_codes,
    "case": _casework,
    "case_step": _casework,
    "case_window": _casework,
    # What somebody told in an interview.
    "told_move": _kept,
    "lookup": _casework,
    "lookup_venue": _casework,
    "export": _casework,
    "export_part": _part,
    "audit": _log,
    "finding": _log,
    "finding_entry": _log,
    # Numbers of what stands out, which the round finds; what officers said of it, and which case infected which.
    "signal": _casework,
    **dict.fromkeys(("signal_step", "infection"), lambda who, _row, _data: who.role == "cdc"),
    "approval": lambda who, _row, _data: who.role in ("cdc", "admin", "system"),
    "notice": lambda who, row, _data: (
        who.role == "cdc"
        or who.role in ("owner", "commune", "command", "admin")
        and row["state"] in ("published", "withdrawn")
    ),
    # Who says to have been there, and whose phone was written to; that a station knows is its own and the CDC's matter.
    "notice_answer": _kept,
    "notice_text": _kept,
    "notice_receipt": lambda who, row, _data: (
        who.role == "cdc" or who.role == "commune" and row["commune_id"] == who.commune
    ),
    # What it said before it was written anew.
    "notice_draft": lambda who, _row, _data: who.role == "cdc",
    # Whoever administers makes them; what one did under which key is its own.
    "api_token": _log,
    # What columns are called, in whatever case.
    "list_heading": lambda who, _row, _data: who.role == "cdc",
    "api_call": lambda who, row, _data: (
        who.role == "system" or who.role == "cdc" and str(row["token_id"]) == who.account
    ),
    # How far a run over the cases is.
    "derivation": lambda who, _row, _data: who.role in ("cdc", "system"),
    "reading": lambda who, _row, _data: who.role == "cdc",
    # Who is one with whom, by ids alone.
    **dict.fromkeys(("pair", "pair_step", "pair_scan", "joined"), lambda who, _row, _data: who.role == "cdc"),
    "rights_request": lambda who, _row, _data: who.role == "cdc",
    "message": lambda who, _row, _data: who.role in ("admin", "system"),
    "contact_code": lambda who, row, _data: (
        who.role == "system" or who.role == "owner" and str(row["account_id"]) == who.account
    ),
    "invitation": lambda who, _row, _data: who.role in ("admin", "system"),
    "register_import": lambda who, row, _data: _own_register(who, row),
    "register_part": lambda who, row, data: any(
        _own_register(who, one) for one in data["register_import"] if one["id"] == row["import_id"]
    ),
    # The numbers are public; whoever imports must know which are taken.
    "register_number": lambda who, _row, _data: who.role in ("commune", "system"),
    "desk_link": lambda who, row, data: who.role == "owner" and _visit(who, row, data),
    "poster_job": _own_posters,
    "poster_file": _own_posters,
    "commitment": lambda who, row, data: _at_venue(who, row, data),
    "venue_claim": lambda who, row, data: (
        who.role == "commune"
        and _at_venue(who, row, data)
        or who.role == "owner"
        and str(row["account_id"]) == who.account
    ),
    "handover": lambda who, row, data: _at_venue(who, row, data),
    # Whom an owner listed: their own list, what somebody who asks for a reason looks for, and the round.
    "worker": lambda who, row, data: _listed(who, row, data) or _cdc_for_something(who),
    "shift_change": lambda who, row, data: _listed(
        who, next(one for one in data["worker"] if one["id"] == row["worker_id"]), data
    ),
    # On every wall, or about places.
    "zone": _anybody,
    # How often somebody guessed at codes: a number a day.
    "code_guess": _anybody,
    "code": _anybody,
    "place": _anybody,
    "place_successor": _anybody,
    "alembic_version": _anybody,
}
