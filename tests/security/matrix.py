"""Who may open what: a row for each address and method, and what everybody gets there.

A new route fails until it has a row here. A row says

- where it is: `PUBLIC` or `STAFF` tier, or `BOTH`; elsewhere it does not exist;
- `who` gets in, and what they get for an object of their own (or the only one there is), for a `foreign` one and for
  one that is `absent`. Everybody else is sent to the sign-in, or meets 403;
- `at`: which object of `tenants.py` stands in the address, where its name alone does not say;
- `form`: what is posted, so that it does its work; `{name}` is taken from the tenant's values in `tenants.py`;
- `shows`: what the page of an object shows of its tenant to whoever opens it;
- `same`: True where even a successful request changes no row, None where that depends on a word in the address;
- `first`: an address that is opened before, in the same session; `{name}` as in forms.

`SEES` says which kinds of canaries a role may meet anywhere, and of whom.
"""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests import cast
from tests.conftest import NOW

PUBLIC, STAFF, BOTH = frozenset({"public"}), frozenset({"staff"}), frozenset({"public", "staff"})
# What the button says once "Bàn 1-2" was looked at.
SEEN = hashlib.sha256("table\nBàn 1\nBàn 2".encode()).hexdigest()[:16]
ROLES = ("anonymous", "visitor", "desk", "token", "owner", "commune", "cdc", "command", "admin")
# Without an account: strangers, a phone that declared, a device that an owner joined to a counter, another program.
NOT_SIGNED_IN = frozenset({"anonymous", "visitor", "desk", "token"})
EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - NOT_SIGNED_IN

# Outcomes. "ok" is a page, or a redirect after the work was done; the others are what they say.
OK, TO_SIGN_IN, REFUSED, NOT_FOUND, GONE, BAD = "ok", "to sign-in", "403", "404", "410", "400"


@dataclass(frozen=True)
class Row:
    where: frozenset[str]
    who: frozenset[str]
    own: str = OK
    foreign: str = ""
    absent: str = ""
    at: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] | Callable[[dict[str, str]], dict[str, Any]] = field(default_factory=dict)
    shows: frozenset[str] = frozenset()
    same: bool | None = False
    # Role, or role and tier, or role and whose object: outcome, where it is not that of `who` or of everybody else.
    but: dict[str, str] = field(default_factory=dict)
    first: str = ""
    # Needs no token, since it must work without cookies; a foreign Origin is refused instead.
    no_token: bool = False


def owner(**more: Any) -> Row:
    return Row(PUBLIC, frozenset({"owner"}), **more)


def cdc(**more: Any) -> Row:
    return Row(STAFF, frozenset({"cdc"}), **more)


def api(**more: Any) -> Row:
    # A session alone opens nothing.
    return Row(STAFF, frozenset({"token"}), but=dict.fromkeys(EVERYBODY - {"token"}, "401"), **more)


def admin(**more: Any) -> Row:
    return Row(STAFF, frozenset({"admin"}), **more)


def printing(**more: Any) -> Row:
    return Row(STAFF, frozenset({"commune", "admin"}), **more)


def station(**more: Any) -> Row:
    return Row(STAFF, frozenset({"commune"}), foreign=NOT_FOUND, absent=NOT_FOUND, **more)


def anyone(where: frozenset[str] = BOTH, **more: Any) -> Row:
    return Row(where, EVERYBODY, **more)


OWN_ALONE = {"foreign": NOT_FOUND, "absent": NOT_FOUND}
# The posters in the address are a station's: to whom administers they are nobody's.
PRINTED: dict[str, Any] = {**OWN_ALONE, "at": {"job_id": "station_job"}, "but": {"admin": NOT_FOUND}}
# Officers work on each other's cases and lookups; each reading is in the log.
SHARED = {"foreign": OK, "absent": NOT_FOUND}
# The CDC's are all venues, a station's those of its commune; either may call the number that the owner told.
WATCHED = SHARED | {"but": {"commune foreign": NOT_FOUND}, "shows": frozenset({"contact"})}
DOOR = {"foreign": OK, "absent": NOT_FOUND, "shows": frozenset({"venue"})}
IMPORTERS = frozenset({"admin", "commune"})
# The register in the address is a station's.
OWN_REGISTER = {**OWN_ALONE, "but": {"admin": NOT_FOUND}}
VENUE = {
    "name": "Quán mới", "kind": "supermarket", "commune": "06652", "address": "Số 1, đường Mới", "phone": "0203 3 825 499",
}  # fmt: skip
WORK = {"starts": "7h", "ends": "17h", "weekdays": ["0", "1"], "job": "", "zone": ""}
CARD = {
    "full_name": "Người Mới", "birth_year": "1950", "gender": "female", "phone": "", "nationality": "VN", "form": "wallet",
}  # fmt: skip
CASE = {"title": "Chợ mới", "disease": "covid-19", "state": "confirmed"}
WINDOW = {
    "start": (NOW + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M"),
    "end": (NOW + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M"),
}

F1 = {"contact_id": "f1_contact"}
NOTICE = {
    **WINDOW,
    "place": "{visit_id}",
    "severity": "test",
    "words_vi": "Gọi trạm y tế.",
    "words_en": "",
    "seen": "1",
}
ANSWER = {
    "full_name": "Người Mới", "birth_year": "1950", "phone": "0904 118 226", "commune": "06652", "elsewhere": "",
    "came": WINDOW["start"], "left": WINDOW["end"], "symptoms": "no", "consent": "y",
}  # fmt: skip


def _declaration(values: dict[str, str]) -> dict[str, Any]:
    # `{submission}` is made by the test: a fresh one for the code in the address.
    return cast.form(submission=values["submission"], full_name="Người Mới", phone="0904 118 226")


def _outside(values: dict[str, str]) -> dict[str, Any]:
    # One form for each of the four: what one does not ask it does not read.
    journey = {"day": "2026-11-20", "from_place": "Hà Nội", "to_place": "Hà Nội", "vehicle": "car"}
    return _declaration(values) | journey | {"symptom": ["cough"], "contact_abroad": "no", "contact_signs": "no"}


def _counter(**fields: Any) -> dict[str, Any]:
    # As a device at the counter makes its own ids.
    return {
        **fields,
        "submission": "01936d3c-8f00-7abc-8def-0123456789ab",
        "venue": "",
        "door": "",
        "at": "",
        "part": "",
        "kept": "",
        "asked": "",
    }


def _register(_values: dict[str, str]) -> dict[str, Any]:
    return {"file": (io.BytesIO("Tên cơ sở,Địa chỉ\nQuán mới,Số 1\n".encode()), "so.csv")}


MATRIX: dict[str, Row] = {
    # Anybody, in both tiers.
    # The staff's own front door is the sign-in.
    "GET /": anyone(but={f"{role} in staff": TO_SIGN_IN for role in NOT_SIGNED_IN}),
    "GET /privacy": anyone(),
    "GET /zones": anyone(),
    "GET /healthz": anyone(),
    "GET /readyz": anyone(),
    "GET /metrics": anyone(),
    "GET /static/<path:filename>": anyone(at={"filename": "stylesheet"}),
    "GET /sign-in": anyone(),
    # Not each refusal is in the log: the third of a minute is not.
    "POST /sign-in": anyone(
        form={"login": "khac@bcd", "password": "không đúng đâu nhé"}, own="422", but=dict.fromkeys(SIGNED_IN, OK), same=None
    ),
    # Between password and code; nobody here is.
    "GET /sign-in/code": anyone(own=TO_SIGN_IN),
    "POST /sign-in/code": anyone(own=TO_SIGN_IN, form={"factor": "123456"}, same=True),
    "GET /sign-in/enrol": anyone(own=TO_SIGN_IN),
    "POST /sign-in/enrol": anyone(own=TO_SIGN_IN, form={"secret": "", "factor": "123456"}, same=True),
    "GET /unlock": anyone(but=dict.fromkeys(NOT_SIGNED_IN, TO_SIGN_IN)),
    "POST /unlock": anyone(form={"password": "{password}", "kept": "", "next": ""}, but=dict.fromkeys(NOT_SIGNED_IN, TO_SIGN_IN)),
    # The own account: sessions, password, second factor.
    "GET /account": Row(BOTH, SIGNED_IN),
    "GET /account/password": Row(BOTH, SIGNED_IN),
    "POST /account/password": Row(
        BOTH, SIGNED_IN, form={"current_password": "{password}", "new_password": "một câu khác, cũng dài như thế"}
    ),
    "GET /account/second-factor": Row(BOTH, SIGNED_IN),
    "POST /account/second-factor": Row(BOTH, SIGNED_IN, form={"current_password": "{password}"}, same=True),
    "POST /account/second-factor/enrol": Row(BOTH, SIGNED_IN, form={"factor": "123456"}, same=True),
    # The session in the address is an owner's.
    "POST /account/sessions/<uuid:session_id>/end": Row(
        BOTH, SIGNED_IN, **OWN_ALONE, but=dict.fromkeys(SIGNED_IN - {"owner"}, NOT_FOUND)
    ),
    "POST /account/sessions/end-others": Row(BOTH, SIGNED_IN),
    "POST /lock": Row(BOTH, SIGNED_IN),
    "GET /still-here": Row(BOTH, SIGNED_IN),
    "POST /sign-out": Row(BOTH, SIGNED_IN, own=TO_SIGN_IN),
    # Visitors.
    "GET /v/<code>": anyone(PUBLIC, **DOOR),
    "POST /v/<code>": anyone(PUBLIC, form=_declaration, no_token=True, **DOOR),
    # Whoever comes back to a page that a card filled in is led to the form, which says what is wrong with the code.
    "GET /v/<code>/card": anyone(PUBLIC, foreign=OK, absent=OK),
    "POST /v/<code>/card": anyone(PUBLIC, form={"scan": "1"}, no_token=True, same=True, **DOOR),
    "POST /v/<code>/later": anyone(
        PUBLIC, form=lambda values: _declaration(values) | {"age": "60000"}, no_token=True, **DOOR
    ),
    "GET /visitor-worker.js": anyone(PUBLIC),
    "GET /visitor.js": anyone(PUBLIC),
    "POST /v/<code>/leave": anyone(
        PUBLIC, form={"token": "{visit_token}"}, no_token=True, foreign=OK, absent=NOT_FOUND, shows=frozenset({"venue"})
    ),
    "GET /declare": anyone(PUBLIC),
    "GET /declare/<any(ill, enter, leave, return):kind>": anyone(PUBLIC),
    "POST /declare/<any(ill, enter, leave, return):kind>": anyone(PUBLIC, form=_outside, no_token=True),
    "GET /declare/<any(ill, enter, leave, return):kind>/card": anyone(PUBLIC),
    "POST /declare/<any(ill, enter, leave, return):kind>/card": anyone(
        PUBLIC, form={"scan": "1"}, no_token=True, same=True
    ),
    "GET /v/": anyone(PUBLIC),
    "GET /code": anyone(PUBLIC),
    "POST /forget-me": anyone(PUBLIC, no_token=True, same=True),
    # What a phone knows of itself, and what anybody may ask about their own data.
    "GET /me/": anyone(PUBLIC),
    "GET /me/data.json": anyone(PUBLIC),
    "GET /me/data.pdf": anyone(PUBLIC),
    "POST /me/leave": anyone(PUBLIC, form={"visit": "{visit_id}"}, but=dict.fromkeys(EVERYBODY - {"visitor"}, OK)),
    # Public notices: on everybody's page, and nothing of the case there.
    "GET /notices": anyone(PUBLIC),
    "GET /notices.json": anyone(PUBLIC),
    "GET /notices/<number>": anyone(PUBLIC, at={"number": "notice_number"}, foreign=OK, absent=NOT_FOUND),
    "GET /notices/<number>/poster.<any(png,svg,pdf):form>": anyone(
        PUBLIC, at={"number": "notice_number"}, foreign=OK, absent=NOT_FOUND
    ),
    # Who was there tells so, in whatever commune; only staff read it.
    "GET /notices/<number>/answer": anyone(PUBLIC, at={"number": "notice_number"}, foreign=OK, absent=NOT_FOUND),
    "POST /notices/<number>/answer": anyone(
        PUBLIC, at={"number": "notice_number"}, form=ANSWER, foreign=OK, absent=NOT_FOUND
    ),
    "GET /notices/<number>/answer/sent": anyone(PUBLIC, at={"number": "notice_number"}, foreign=OK, absent=NOT_FOUND),
    # Cards of people without a phone: the page behind a code is the same for every code.
    "GET /c/": anyone(PUBLIC),
    "GET /c/<code>": anyone(PUBLIC, at={"code": "card_code"}, foreign=OK, absent=OK),
    "POST /c/": anyone(PUBLIC, form={"code": "{lost_code}"}),
    "GET /card": anyone(PUBLIC),
    "POST /card": anyone(PUBLIC, form=CARD | {"province": "22", "commune": "06652"}),
    "POST /card/revoke": anyone(PUBLIC, form={"card": "{device_card}"}, but=dict.fromkeys(EVERYBODY - {"visitor"}, OK)),
    "GET /rights/": anyone(PUBLIC),
    "POST /rights/": anyone(PUBLIC, form={"kind": "see", "full_name": "Người Hỏi", "birth_year": "1985", "phone": "0904 118 226", "text": "x"}),
    "GET /rights/sent": anyone(PUBLIC),
    # A device at the counter: one venue, today. Signing in would help no device, so others are refused.
    "GET /desk/": Row(PUBLIC, frozenset({"desk"}), but=dict.fromkeys(EVERYBODY - {"desk"}, REFUSED)),
    "GET /desk/offline": Row(PUBLIC, frozenset({"desk"}), but=dict.fromkeys(EVERYBODY - {"desk"}, REFUSED)),
    "GET /desk/person": Row(PUBLIC, frozenset({"desk"}), but=dict.fromkeys(EVERYBODY - {"desk"}, REFUSED)),
    "POST /desk/record": Row(
        PUBLIC, frozenset({"desk"}), form=_counter(card=cast.CCCD_MAN), but=dict.fromkeys(EVERYBODY - {"desk"}, REFUSED)
    ),
    "POST /desk/person": Row(
        PUBLIC,
        frozenset({"desk"}),
        form=_counter(**cast.form(full_name="Người Mới", phone="0904 118 226")),
        but=dict.fromkeys(EVERYBODY - {"desk"}, REFUSED),
    ),
    # Whom the device recorded, under the server's key: it scanned or typed the name that is printed.
    "POST /desk/card": Row(
        PUBLIC, frozenset({"desk"}), form={"who": "{held}"}, shows=frozenset({"visitor"}), but=dict.fromkeys(EVERYBODY - {"desk"}, REFUSED)
    ),
    # What installs the page, without anybody's name.
    "GET /desk/manifest.json": anyone(PUBLIC),
    "GET /desk/worker.js": anyone(PUBLIC),
    "GET /desk/link/": anyone(PUBLIC),
    "POST /desk/link/": anyone(PUBLIC, form={"code": "{desk_code}"}, same=True),
    "GET /desk/link/<token>": anyone(PUBLIC, at={"token": "desk_code"}),
    "GET /desk/link/confirm": anyone(PUBLIC, first="/desk/link/{desk_code}", shows=frozenset({"venue", "counter"})),
    "POST /desk/link/confirm": anyone(PUBLIC, first="/desk/link/{desk_code}"),
    # A forgotten password: the same for everybody. The code itself is in a message to the owner alone.
    "GET /forgotten": anyone(PUBLIC),
    "POST /forgotten": anyone(PUBLIC, form={"login": "0904118226"}),
    "GET /forgotten/code": anyone(PUBLIC),
    "POST /forgotten/code": anyone(PUBLIC, form={"code": "123456", "password": "một quán phở mới mở"}, same=True),
    # Owners: their own venues, and of visits how many.
    "GET /sign-up": anyone(PUBLIC),
    "POST /sign-up": anyone(PUBLIC, form={"login": "0904118226", "password": "một quán phở mới mở"}, but={"owner": OK}),
    "GET /venues/": owner(),
    "GET /venues/new": owner(),
    "POST /venues/new": owner(form=VENUE | {"anyway": "y"}),
    "GET /venues/<uuid:venue_id>": owner(**OWN_ALONE),
    "GET /venues/<uuid:venue_id>/edit": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/edit": owner(form=VENUE, **OWN_ALONE),
    "GET /venues/<uuid:venue_id>/numbers": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/zones": owner(form={"zone": "Cửa sau"}, **OWN_ALONE),
    "GET /venues/codes/<code>/poster": owner(**OWN_ALONE),
    "GET /venues/codes/<code>/poster-<any(a4,a5,tent,sticker,sheet):form>.pdf": owner(**OWN_ALONE),
    "GET /venues/codes/<code>/poster-<any(a4,a5,tent,sticker,sheet):form>.svg": owner(**OWN_ALONE),
    "GET /venues/<uuid:venue_id>/zones/many": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/zones/many": owner(form={"kind": "table", "names": "Bàn 1-2", "save": SEEN}, **OWN_ALONE),
    "GET /venues/<uuid:venue_id>/zones/<uuid:zone_id>": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/zones/<uuid:zone_id>": owner(form={"name": "Cửa mới", "kind": "door"}, **OWN_ALONE),
    "POST /venues/<uuid:venue_id>/zones/<uuid:zone_id>/remove": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/inside/<uuid:inner_id>/remove": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/close": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/reopen": owner(same=True, **OWN_ALONE),
    "GET /venues/<uuid:venue_id>/commitment": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/commitment": owner(
        form={"version": "2026-01-01", "signer": "Người Ký", "office": "Chủ quán", "agree": "y"}, **OWN_ALONE
    ),
    "GET /venues/<uuid:venue_id>/handover": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/handover": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/handover/cancel": owner(**OWN_ALONE),
    # Who works there: an owner sees masked names, and of whom they are nothing more.
    "GET /venues/<uuid:venue_id>/workers/": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/": owner(form={"text": "hung"}, same=True, **OWN_ALONE),
    "GET /venues/<uuid:venue_id>/workers/new": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/new": owner(
        form=WORK | {"full_name": "Người Mới", "birth_year": "1990", "phone": "0904 118 227"}, **OWN_ALONE
    ),
    "GET /venues/<uuid:venue_id>/workers/paste": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/paste": owner(
        form={"rows": "Người Mới;1990;0904 118 227;;7h;17h", "save": "1"}, **OWN_ALONE
    ),
    "GET /venues/<uuid:venue_id>/workers/scan": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/scan": owner(form=WORK | {"card": cast.CCCD_MAN}, **OWN_ALONE),
    "GET /venues/<uuid:venue_id>/workers/today": owner(**OWN_ALONE),
    "GET /venues/<uuid:venue_id>/workers/sheet": owner(**OWN_ALONE),
    "GET /venues/<uuid:venue_id>/workers/<uuid:worker_id>": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/<uuid:worker_id>": owner(form=WORK, **OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/<uuid:worker_id>/leave": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/<uuid:worker_id>/return": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/<uuid:worker_id>/remove": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/workers/<uuid:worker_id>/day": owner(
        form={"day": str(NOW.date()), "what": "absent"}, **OWN_ALONE
    ),
    # Whoever has the link reads what it is about; nobody takes what is theirs, and who is no owner takes nothing.
    "GET /handover/<token>": anyone(PUBLIC, at={"token": "handover_token"}),
    "GET /handover/": anyone(PUBLIC, first="/handover/{handover_token}", shows=frozenset({"venue"})),
    "POST /handover/": anyone(PUBLIC, first="/handover/{handover_token}", same=True, shows=frozenset({"venue"})),
    "GET /venues/codes/<code>/qr.png": owner(**OWN_ALONE),
    "GET /venues/codes/<code>/qr.svg": owner(**OWN_ALONE),
    "POST /venues/codes/<code>/reissue": owner(**OWN_ALONE),
    "GET /venues/posters/": owner(),
    "POST /venues/posters/": owner(form={"form": "a5", "language": "en", "commune": ""}),
    "GET /venues/posters/<uuid:job_id>": owner(**OWN_ALONE),
    "POST /venues/posters/<uuid:job_id>/stop": owner(same=True, **OWN_ALONE),
    "GET /venues/posters/<uuid:job_id>/<int(max=9999):number>.pdf": owner(at={"number": "first"}, **OWN_ALONE),
    "GET /venues/posters/<uuid:job_id>/posters.zip": owner(**OWN_ALONE),
    "GET /venues/<uuid:venue_id>/desk": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/desk": owner(form={"name": "Bảo vệ cổng 2"}, **OWN_ALONE),
    "POST /venues/<uuid:venue_id>/desk/<uuid:link_id>/revoke": owner(**OWN_ALONE),
    "POST /venues/<uuid:venue_id>/desk/<uuid:link_id>/move": owner(form={"zone": "{zone_id}"}, **OWN_ALONE),
    "GET /contact/": owner(),
    "POST /contact/": owner(form={"code": "123456"}, own="422", same=True),
    "POST /contact/send": owner(),
    # A commune's station: people who live there, and venues there.
    "GET /station/": Row(STAFF, frozenset({"commune"})),
    "GET /station/venues": Row(STAFF, frozenset({"commune"})),
    "GET /station/people/<uuid:call_id>": station(),
    "POST /station/people/<uuid:call_id>/take": station(form={"seen": "1"}),
    "POST /station/people/<uuid:call_id>/let-go": station(form={"seen": "1"}),
    "POST /station/people/<uuid:call_id>/undo": station(form={"seen": "1"}),
    "POST /station/people/<uuid:call_id>/call": station(form={"seen": "1", "result": "reached", "note": "Đã hẹn"}),
    "POST /station/people/<uuid:call_id>/move": station(form={"seen": "1", "to": "06793"}),
    # Numbers, for those who see no name.
    "GET /station/contacts/<uuid:contact_id>": station(),
    "POST /station/contacts/<uuid:contact_id>/take": station(form={"seen": "1"}),
    "POST /station/contacts/<uuid:contact_id>/let-go": station(form={"seen": "1"}, same=True),
    "POST /station/contacts/<uuid:contact_id>/call": station(form={"seen": "1", "result": "not_reached", "note": "Bận"}),
    "POST /station/contacts/<uuid:contact_id>/raise": station(form={"seen": "1", "to": "ubnd", "raise_note": ""}, same=True),
    "POST /station/contacts/<uuid:contact_id>/back": station(form={"seen": "1", "back_note": "Ở phường khác"}),
    "GET /station/contacts/<uuid:contact_id>/near": station(),
    "POST /station/contacts/<uuid:contact_id>/near": station(
        at=F1,
        form={"seen": "2", "full_name": "Người Gần", "phone": "0904118226", "relation": "mẹ", "met_on": ""},
    ),
    "GET /station/quarantine/": Row(STAFF, frozenset({"commune"})),
    "POST /station/quarantine/<uuid:contact_id>/health": station(at=F1, form={"seen": "0", "said": "well"}),
    "POST /station/quarantine/<uuid:contact_id>/test": station(
        at=F1, form={"seen": "0", "taken_on": str(NOW.date()), "test_said": "waiting"}
    ),
    "GET /stations/": Row(STAFF, frozenset({"cdc", "command", "admin"})),
    # Cards of its own people.
    "GET /station/cards/": Row(STAFF, frozenset({"commune"})),
    "POST /station/cards/find": Row(STAFF, frozenset({"commune"}), form={"number": "0912345671"}),
    "GET /station/cards/new": Row(STAFF, frozenset({"commune"})),
    "POST /station/cards/new": Row(STAFF, frozenset({"commune"}), form=CARD),
    "GET /station/cards/many": Row(STAFF, frozenset({"commune"})),
    "POST /station/cards/many": Row(
        STAFF, frozenset({"commune"}), form={"people": "Người Mới; 1950", "form": "sheet", "make": "1"}
    ),
    "GET /station/cards/<uuid:card_id>": Row(STAFF, frozenset({"commune"}), **OWN_ALONE),
    "POST /station/cards/<uuid:card_id>/revoke": Row(STAFF, frozenset({"commune"}), **OWN_ALONE),
    # Nothing is out of use that this session took out: whoever presses is told that there is nothing.
    "POST /station/cards/<uuid:card_id>/restore": Row(
        STAFF, frozenset({"commune"}), own=NOT_FOUND, same=True, **OWN_ALONE
    ),
    # Posters of many codes: a station's of its commune, the administrator's of the province. Each fetches their own.
    "GET /posters/": printing(),
    "POST /posters/": printing(form={"form": "a5", "language": "en", "commune": ""}),
    "GET /posters/<uuid:job_id>": printing(**PRINTED),
    "POST /posters/<uuid:job_id>/stop": printing(same=True, **PRINTED),
    "GET /posters/<uuid:job_id>/<int(max=9999):number>.pdf": printing(**PRINTED | {"at": {"job_id": "station_job", "number": "first"}}),
    "GET /posters/<uuid:job_id>/posters.zip": printing(**PRINTED),
    # Venues: a station's own, the CDC's all.
    "GET /watch/": Row(STAFF, frozenset({"commune", "cdc"})),
    "GET /watch/venues": Row(STAFF, frozenset({"commune", "cdc"})),
    "GET /watch/venues/<uuid:venue_id>": Row(STAFF, frozenset({"commune", "cdc"}), **WATCHED),
    "POST /watch/venues/<uuid:venue_id>/suspend": Row(
        STAFF, frozenset({"commune", "cdc"}), form={"reason": "Có ca bệnh"}, **WATCHED
    ),
    # Nothing is suspended: whoever presses is told so.
    "POST /watch/venues/<uuid:venue_id>/lift": Row(
        STAFF, frozenset({"commune", "cdc"}), form={"reason": "Đã khử khuẩn"}, same=True, **WATCHED
    ),
    # Numbers, for staff of every kind.
    "GET /overview/": Row(STAFF, frozenset({"commune", "cdc", "command", "admin"})),
    # A register of businesses, for who sent it.
    # Whose a place is, is on nobody's wall; which places there are is.
    "GET /venues/<uuid:venue_id>/claim": owner(at={"venue_id": "claimable"}, **DOOR),
    "POST /venues/<uuid:venue_id>/claim": owner(at={"venue_id": "claimable"}, form={"name": "Bà Chủ"}, **DOOR),
    "POST /venues/<uuid:venue_id>/claim/prove": owner(at={"venue_id": "claimed"}, same=True, **OWN_ALONE),
    "POST /venues/<uuid:venue_id>/claim/withdraw": owner(at={"venue_id": "claimed"}, **OWN_ALONE),
    "GET /claims/": Row(STAFF, frozenset({"commune"}), shows=frozenset({"contact"})),
    "POST /claims/<uuid:claim_id>/confirm": Row(STAFF, frozenset({"commune"}), **OWN_ALONE),
    "POST /claims/<uuid:claim_id>/refuse": Row(STAFF, frozenset({"commune"}), form={"reason": "Chưa rõ"}, **OWN_ALONE),
    "GET /register/": Row(STAFF, IMPORTERS),
    "POST /register/": Row(STAFF, IMPORTERS, form=_register),
    "GET /register/<uuid:import_id>": Row(STAFF, IMPORTERS, **OWN_REGISTER),
    "POST /register/<uuid:import_id>/communes": Row(STAFF, IMPORTERS, form={"choice-0": ""}, **OWN_REGISTER),
    "POST /register/<uuid:import_id>/check": Row(STAFF, IMPORTERS, **OWN_REGISTER),
    "POST /register/<uuid:import_id>/load": Row(STAFF, IMPORTERS, **OWN_REGISTER),
    "POST /register/<uuid:import_id>/stop": Row(STAFF, IMPORTERS, same=None, **OWN_REGISTER),
    "POST /register/<uuid:import_id>/forget": Row(STAFF, IMPORTERS, **OWN_REGISTER),
    "GET /register/<uuid:import_id>/refused.csv": Row(STAFF, IMPORTERS, **OWN_REGISTER),
    # The CDC.
    "GET /cases/": cdc(),
    "POST /cases/": cdc(form=CASE),
    "GET /cases/<number>": cdc(**SHARED),
    "POST /cases/<number>/state": cdc(form={"state": "recovered"}, **SHARED),
    "POST /cases/<number>/lookup": cdc(form={"reason": "Truy vết người tiếp xúc"}, **SHARED),
    "POST /cases/<number>/source": cdc(form={"source-reason": "Truy nguồn lây"}, **SHARED),
    "POST /cases/<number>/unlink": cdc(**SHARED),
    "POST /cases/found/<uuid:lookup_id>": cdc(
        at={"lookup_id": "person_lookup"}, form={"person": "{free_person}", **CASE}, **SHARED
    ),
    "POST /cases/declared/<uuid:lookup_id>": cdc(
        at={"lookup_id": "person_lookup"}, form={"person": "{free_person}", "declaration": ""}, **SHARED
    ),
    "POST /cases/assign/<uuid:lookup_id>": cdc(
        at={"lookup_id": "case_lookup"}, form={"person": "{free_person}"}, **SHARED
    ),
    "POST /cases/export": cdc(form={"form": "csv", "columns": "own", "reason": "Giao ban"}),
    "GET /cases/<number>/facts": cdc(**SHARED),
    "POST /cases/<number>/facts": cdc(
        form={"seen": "0", "title": "Chợ", "disease": "covid-19", "state": "confirmed"}, own="409", same=True, foreign="409", absent=NOT_FOUND
    ),
    "POST /cases/<number>/window/<any(forward,source):what>": cdc(
        at={"what": "first_window"}, form={"forward-seen": "0", "forward-reason": "Lời khai"}, own="422", same=True, foreign="422", absent=NOT_FOUND
    ),
    "POST /cases/<number>/window/<any(forward,source):what>/back": cdc(
        at={"what": "first_window"}, form={"seen": "0"}, own="409", same=True, foreign="409", absent=NOT_FOUND
    ),
    "POST /cases/<number>/rules": cdc(form={"seen": "0"}, own="409", same=True, foreign="409", absent=NOT_FOUND),
    "POST /cases/<number>/interviewed": cdc(**SHARED),
    "GET /cases/<number>/movements": cdc(**SHARED),
    "POST /cases/<number>/movements": cdc(
        form={"place": "Nhà người thân", "start": "2026-11-19T08:00", "end": "2026-11-19T09:00"}, **SHARED
    ),
    "POST /cases/<number>/movements/<uuid:move_id>/back": cdc(**SHARED),
    "GET /cases/<number>/contacts/<uuid:contact_id>/movements": cdc(**SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/declared": cdc(form={"declaration": ""}, **SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/movements": cdc(
        form={"place": "Nhà người thân", "start": "2026-11-19T08:00", "end": "2026-11-19T09:00"}, **SHARED
    ),
    "POST /cases/<number>/contacts/<uuid:contact_id>/movements/<uuid:move_id>/back": cdc(
        at={"move_id": "contact_move"}, **SHARED
    ),
    "GET /cases/<number>/contacts": cdc(**SHARED),
    "GET /cases/<number>/contacts/<uuid:contact_id>": cdc(**SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/call": cdc(form={"seen": "1", "result": "refused"}, **SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/decide": cdc(
        form={"seen": "1", "stage": "f1", "reason": "Người nhà"}, **SHARED
    ),
    "POST /cases/<number>/contacts/<uuid:contact_id>/give": cdc(form={"seen": "1", "to": "06793"}, **SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/back": cdc(form={"seen": "1", "back_note": "Nhầm xã"}, **SHARED),
    "POST /cases/<number>/contacts/give": cdc(form={"person": "{contact_id}.1", "to": "06793"}, **SHARED),
    # Of a contact who refused nothing.
    "POST /cases/<number>/contacts/<uuid:contact_id>/raise": cdc(
        form={"seen": "1", "to": "ubnd", "raise_note": ""}, own="409", foreign="409", absent=NOT_FOUND, same=None
    ),
    "POST /cases/<number>/contacts/<uuid:contact_id>/health": cdc(at=F1, form={"seen": "0", "said": "well"}, **SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/test": cdc(
        at=F1, form={"seen": "0", "taken_on": str(NOW.date()), "test_said": "waiting"}, **SHARED
    ),
    "GET /cases/<number>/contacts/<uuid:contact_id>/case": cdc(at=F1, **SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/case": cdc(at=F1, form=CASE, **SHARED),
    "GET /cases/<number>/contacts/<uuid:contact_id>/near": cdc(**SHARED),
    "POST /cases/<number>/contacts/<uuid:contact_id>/near": cdc(
        at=F1, form={"full_name": "Người Gần", "phone": "0904118226", "relation": "mẹ", "met_on": ""}, **SHARED
    ),
    "POST /cases/<number>/contacts/<uuid:contact_id>/near/offered": cdc(at=F1, form={"person": ""}, same=True, **SHARED),
    "POST /cases/<number>/contacts/export": cdc(
        form={"list": "call", "form": "csv", "columns": "own", "reason": "Giao ban"}, **SHARED
    ),
    "GET /cases/<number>/outgoing": cdc(**SHARED),
    "POST /cases/<number>/outgoing/<province>.csv": cdc(**SHARED),
    "POST /cases/<number>/outgoing/sent": cdc(form={"person": ""}, same=True, **SHARED),
    # Shifts of the CDC, and how fast the work goes: numbers.
    "GET /duty/": cdc(),
    "POST /duty/": cdc(form={"seen": "2", "note": "Gọi lại hai người"}),
    "GET /duty/history": cdc(),
    "GET /duty/<int:number>": cdc(at={"number": "handover_number"}, **SHARED),
    "POST /duty/<int:number>/take": cdc(at={"number": "handover_number"}, **SHARED),
    "GET /speed/": Row(STAFF, frozenset({"cdc", "command"})),
    "GET /cases/<number>/answers": cdc(**SHARED),
    "POST /cases/<number>/answers": cdc(form={"person": "{answerer}"}, **SHARED),
    "POST /cases/<number>/answers/aside": cdc(form={"answer": "{answer_id}", "reason": "Không có thật"}, **SHARED),
    # None of them is set aside.
    "POST /cases/<number>/answers/back": cdc(form={"answer": "{answer_id}"}, same=True, **SHARED),
    "GET /cases/<number>/list": cdc(**SHARED),
    "POST /cases/<number>/list": cdc(
        form={
            "rows": "\tHọ tên\tĐiện thoại\n2\tNgười Mới\t0904118226\n", "do": "save", "sha256": "0" * 64, "show": "",
        },
        **SHARED,
    ),
    # Whoever may derive one case anew may derive them all; a run is everybody's of the CDC.
    "GET /cases/derivations/": cdc(),
    "POST /cases/derivations/": cdc(form={"rules": "keep"}, same=None),
    "GET /cases/derivations/<uuid:run_id>": cdc(**SHARED),
    "POST /cases/derivations/<uuid:run_id>/stop": cdc(**SHARED),
    "POST /cases/derivations/<uuid:run_id>/on": cdc(same=None, **SHARED),
    "GET /lookup/": cdc(),
    "GET /lookup/venues": cdc(),
    "POST /lookup/place": cdc(form={"case": "{number}", "reason": "Truy vết", "venue_id": "{venue_id}", **WINDOW}),
    "POST /lookup/person": cdc(form={"case": "{number}", "reason": "Truy vết", "phone": "0912345671"}),
    "GET /lookup/<uuid:lookup_id>": cdc(**SHARED),
    "POST /lookup/<uuid:lookup_id>/again": cdc(**SHARED),
    "POST /lookup/<uuid:lookup_id>/export.<any(csv,json,xlsx):form>": cdc(**SHARED),
    "GET /lookup/exports/<uuid:export_id>": cdc(**OWN_ALONE),
    "POST /lookup/exports/<uuid:export_id>/file": cdc(**OWN_ALONE),
    "GET /lookup/<uuid:lookup_id>/second/<any(read,csv,json,xlsx):what>": cdc(at={"lookup_id": "wide_lookup"}, **SHARED),
    "POST /lookup/<uuid:lookup_id>/second/<any(read,csv,json,xlsx):what>": cdc(
        at={"lookup_id": "wide_lookup"}, form={"mode": "now", "reason": "Không chờ được"}, same=None, **SHARED
    ),
    "GET /doubles/": cdc(),
    "POST /doubles/": cdc(form={"reason": "Rà người bị ghi hai lần"}),
    "GET /doubles/<uuid:lookup_id>": cdc(at={"lookup_id": "doubles_lookup"}, **SHARED),
    "GET /doubles/<uuid:lookup_id>/<uuid:pair_id>": cdc(at={"lookup_id": "doubles_lookup"}, **SHARED),
    "POST /doubles/<uuid:lookup_id>/<uuid:pair_id>": cdc(
        at={"lookup_id": "doubles_lookup"}, form={"what": "apart", "seen": "0", "reason": "Cùng một người"}, **SHARED
    ),
    # Nobody decides what they asked themselves, nor hurries what another one asked.
    "GET /approvals/": Row(STAFF, frozenset({"cdc", "admin"})),
    "GET /approvals/<uuid:approval_id>": Row(STAFF, frozenset({"cdc", "admin"}), **SHARED),
    "POST /approvals/<uuid:approval_id>/decide": cdc(form={"do": "approve", "note": "Đồng ý"}, same=None, **SHARED),
    "POST /approvals/<uuid:approval_id>/now": cdc(form={"reason": "Không chờ được"}, **OWN_ALONE),
    # Writing public notices: officers work on each other's, and a second one lets them out.
    "GET /cases/<number>/notice": cdc(**SHARED),
    "POST /cases/<number>/notice": cdc(form=NOTICE, **SHARED),
    # The case is none that was discarded.
    "POST /cases/<number>/notices/withdraw": cdc(same=True, **SHARED),
    "GET /notice/<uuid:notice_id>": cdc(at={"notice_id": "notice_draft"}, **SHARED),
    "GET /notice/<uuid:notice_id>/edit": cdc(at={"notice_id": "notice_draft"}, **SHARED),
    "POST /notice/<uuid:notice_id>/edit": cdc(at={"notice_id": "notice_draft"}, form=NOTICE, **SHARED),
    "POST /notice/<uuid:notice_id>/publish": cdc(
        at={"notice_id": "notice_draft"}, form={"mode": "now", "reason": "Không gọi được hết", "seen": "1"}, **SHARED
    ),
    "POST /notice/<uuid:notice_id>/withdraw": cdc(
        at={"notice_id": "notice_out"}, form={"why_vi": "Không còn cần.", "why_en": ""}, **SHARED
    ),
    "POST /notice/<uuid:notice_id>/correct": cdc(at={"notice_id": "notice_out"}, **SHARED),
    # Signals, and who infected whom: numbers of cases and places, for officers alone.
    "GET /signals/": cdc(),
    "POST /signals/look": cdc(),
    "GET /signals/<number>": cdc(at={"number": "signal_number"}, **SHARED),
    "POST /signals/<number>/say": cdc(
        at={"number": "signal_number"}, form={"seen": "0", "state": "working", "note": "Đã gọi"}, **SHARED
    ),
    "POST /signals/<number>/lookup": cdc(at={"number": "signal_number"}, form={"reason": "Xem ai đã ở đó"}, **SHARED),
    "GET /chains/": cdc(),
    "GET /chains/<number>": cdc(**SHARED),
    "GET /chains/<number>/source": cdc(**SHARED),
    "POST /chains/<number>/source": cdc(form={"seen": "0", "place": "outside", "reason": "Từ Hà Nội về"}, **SHARED),
    "GET /notice/": cdc(),
    "GET /notice/<uuid:notice_id>/texts": cdc(at={"notice_id": "notice_out"}, **SHARED),
    # Without a gateway nothing is sent.
    "POST /notice/<uuid:notice_id>/texts": cdc(
        at={"notice_id": "notice_out"}, form={"person": "{answerer}"}, same=True, **SHARED
    ),
    # The station of the place says that it knows.
    "GET /station/notices/": Row(STAFF, frozenset({"commune"})),
    "POST /station/notices/<uuid:notice_id>/received": station(at={"notice_id": "notice_out"}),
    # Requests about own data: the CDC works on them, the administrator sees how many.
    "GET /requests/": Row(STAFF, frozenset({"cdc", "admin"})),
    "GET /requests/<reference>": cdc(**SHARED),
    "GET /requests/<reference>/copy": cdc(at={"reference": "identified"}, shows=frozenset({"travel"}), **SHARED),
    "GET /requests/<reference>/letter/<any(receipt,extension,answer):paper>": cdc(at={"reference": "answered"}, **SHARED),
    "POST /requests/<reference>/acknowledge": cdc(**SHARED),
    "POST /requests/<reference>/extend": cdc(form={"why": "Cần thêm thời gian"}, **SHARED),
    "POST /requests/<reference>/lookup": cdc(**SHARED),
    "POST /requests/<reference>/identify": cdc(at={"reference": "looked_up"}, form={"person": "{asked_person}", "how": "papers"}, **SHARED),
    "POST /requests/<reference>/delete": cdc(at={"reference": "identified"}, form={"sure": "y"}, **SHARED),
    "POST /requests/<reference>/answer": cdc(at={"reference": "seen"}, form={"answer": "Đây là dữ liệu."}, **SHARED),
    "POST /requests/<reference>/refuse": cdc(form={"ground": "nothing", "refusal": "Không còn giữ gì."}, **SHARED),
    # Whoever is invited: the link alone opens it.
    "GET /invitation/": anyone(STAFF, first="/invitation/{invitation_token}", shows=frozenset({"invited"})),
    "POST /invitation/": anyone(
        STAFF, own=TO_SIGN_IN, first="/invitation/{invitation_token}", form={"password": "mười lăm chữ trở lên", "again": "mười lăm chữ trở lên"}
    ),
    "GET /invitation/<token>": anyone(STAFF, at={"token": "invitation_token"}),
    # Other programs. Who reads people says why, and who writes sends JSON: what they do then, tests/api proves.
    "GET /api/v1/openapi.json": anyone(STAFF),
    "GET /api/v1/cases": api(),
    # That a token was used is noted.
    "POST /api/v1/cases": api(own="415", same=None),
    "GET /api/v1/cases/<number>": api(**SHARED),
    "GET /api/v1/cases/<number>/contacts": api(own=BAD, foreign=BAD, absent=BAD),
    "GET /api/v1/cases/<number>/followed": api(own=BAD, foreign=BAD, absent=BAD),
    "GET /api/v1/notices": api(),
    # The administrator.
    "GET /accounts/api-tokens/": admin(),
    "POST /accounts/api-tokens/": admin(form={"name": "Tỉnh", "scopes": ["cases:read"], "days": "30"}),
    "POST /accounts/api-tokens/<uuid:token_id>/revoke": admin(**SHARED),
    "GET /accounts/": admin(),
    "POST /accounts/<uuid:account_id>/<any(block,unblock):what>": admin(**OWN_ALONE),
    "GET /accounts/invitations/": admin(),
    "POST /accounts/invitations/": admin(form={"login": "moi@cdc", "role": "cdc", "commune": "", "mail": ""}),
    "POST /accounts/invitations/<uuid:invitation_id>/revoke": admin(**SHARED),
    "GET /messages/": admin(),
    "POST /accounts/<uuid:account_id>/reset-factor": admin(**OWN_ALONE),
    "GET /audit/": admin(),
    "GET /audit/unusual": admin(),
    "GET /audit/unusual/<uuid:finding_id>": admin(**SHARED),
    "POST /audit/unusual/<uuid:finding_id>/seen": admin(form={"{finding_id}-note": "Đã hỏi"}, **SHARED),
    "POST /audit/unusual/look": admin(same=True),
}  # fmt: skip

OWN, ANY = "own", "any"
# Kinds of canaries (`tenants.canaries`) that a role may meet on any page that it may open; nothing else, nowhere.
SEES: dict[str, dict[str, str]] = {
    "anonymous": {},
    # The own phone knows its holder.
    "visitor": {"visitor": OWN, "family": OWN, "venue": OWN},
    # The family's name and initials.
    "desk": {"venue": OWN, "family": OWN, "counter": OWN},
    "owner": {"venue": OWN, "contact": OWN, "counter": OWN},
    "commune": {"register": OWN, "station": OWN, "visitor": OWN, "family": OWN, "venue": OWN, "travel": OWN},
    "cdc": dict.fromkeys(("venue", "family", "visitor", "case", "reason", "officer", "asker"), ANY),
    "command": {},
    # The titles of cases, by which staff call them.
    "token": {"case": ANY},
    # Accounts and the log: who did what, and why; no visitor.
    "admin": dict.fromkeys(("reason", "officer", "station", "invited"), ANY),
}

# What a refused request may change all the same: the log grows by what was refused; that a
# session or device was used and a code guessed is counted.
GROWS = {"audit", "audit_waiting", "reading"}
BESIDE = {"account_session", "desk_link", "code_guess", "api_token"}
