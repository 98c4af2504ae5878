"""The line list of cases as a file: no names, and who made it and why inside."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from checkin import clock
from checkin.audit import service as audit
from checkin.casefacts.words import DETECTED_NAMES
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.queries import Which
from checkin.cases.views import communes, disease_names, state_names, which_asked
from checkin.cells import Cell
from checkin.db import db, set_read_only
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.exposure.exports import MOMENT, XLSX_ROWS, csv_end, csv_lines, to_csv, to_xlsx
from checkin.names import clean_name
from checkin.web import limiter

bp = Blueprint("caselist", __name__, url_prefix="/cases")
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
OWN, GODATA = "own", "godata"
# Reference data of Go.Data, by which its import knows a value in whatever language: docs/line-list.md says what of this
# was checked and how.
CLASSIFICATION = "LNG_REFERENCE_DATA_CATEGORY_CASE_CLASSIFICATION_"
OUTCOME = "LNG_REFERENCE_DATA_CATEGORY_OUTCOME_"
CLASSES = {"suspected": "SUSPECT", "discarded": "NOT_A_CASE_DISCARDED"}
OUTCOMES = {"recovered": "RECOVERED", "died": "DECEASED"}
HEADS = {
    "number": _l("Số ca"),
    "title": _l("Tên gọi"),
    "disease": _l("Bệnh"),
    "state": _l("Tình trạng"),
    "onset_on": _l("Khởi phát"),
    "sample_on": _l("Lấy mẫu"),
    "isolated_on": _l("Cách ly"),
    "isolated_where": _l("Nơi cách ly, điều trị"),
    "home": _l("Nơi ở"),
    "detected": _l("Phát hiện ở đâu"),
    "symptoms": _l("Triệu chứng"),
    "opened_at": _l("Mở lúc"),
    "confirmed_at": _l("Xác định lúc"),
    "interviewed_at": _l("Phỏng vấn lúc"),
}
Row = dict[str, Cell]


@bp.post("/export")
@limiter.limit("30 per minute")
def export() -> ResponseReturnValue:
    """The cases that the page shows, all of them; logged before the first one is read."""
    session, which = db.session(), which_asked(request.form)
    form, columns = request.form.get("form", ""), request.form.get("columns", "")
    reason = clean_name(request.form.get("reason", "")[:2000])
    back = redirect(url_for("cases.index", **_asked(which)), 303)
    if form not in KINDS or columns not in (OWN, GODATA) or not 5 <= len(reason) <= 500:
        flash(gettext("Ghi lý do xuất danh sách, ít nhất vài chữ."), "warn")
        return back
    total = cases.count(session, which)
    if form == "xlsx" and total > XLSX_ROWS:
        text = gettext(
            "Danh sách có %(count)s ca, tệp XLSX chỉ chứa được %(most)s. Chọn CSV hoặc lọc bớt.",
            count=total, most=XLSX_ROWS,
        )  # fmt: skip
        flash(text, "warn")
        return back
    now, by = clock.now(), current_user.display_name
    about = [
        (gettext("Tiêu chí"), ", ".join(_asked(which).values()) or gettext("tất cả")),
        (gettext("Số dòng"), str(total)),
        (gettext("Lý do"), reason),
        (gettext("Người xuất"), by),
        (gettext("Lúc xuất"), clock.to_local(now).strftime(MOMENT)),
    ]
    audit.record(
        session, now=now, actor=current_user.actor, action="case.list", subject="", reason=reason, rows=total,
        detail={"form": form, "columns": columns, **_asked(which)},
    )  # fmt: skip
    session.commit()
    set_read_only(True)
    godata = columns == GODATA
    row = _for_godata if godata else _in_words()
    rows = [row(case) for case in cases.listed(session, which)]
    heads = {name: str(text) for name, text in HEADS.items()}
    # Of a file for Go.Data the name alone says how many there are: whatever is in it becomes cases.
    name = f"cases-{clock.to_local(now):%Y%m%d-%H%M}{f'-godata-{len(rows)}' if godata else ''}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    body = _bare_file(form, rows) if godata else _file(form, heads, rows, about)
    return Response(body, content_type=KINDS[form], headers=headers)


def _bare_file(form: str, rows: Sequence[Row]) -> bytes:
    """Heads and cases alone: Go.Data takes each line of each sheet for a case, and JSON as nothing but an array."""
    if form == "json":
        return json.dumps([{name: cell for name, cell in row.items() if cell} for row in rows], indent=1).encode()
    lines = [list(row.values()) for row in rows]
    if form == "csv":
        return csv_lines([FOR_GODATA]) + csv_lines(lines)
    return to_xlsx("Cases", FOR_GODATA, lines)


def _file(form: str, heads: dict[str, str], rows: Sequence[Row], about: list[tuple[str, str]]) -> bytes:
    if form == "json":
        told = {"about": dict(about), "cases": [{name: _plain(row[name]) for name in heads} for row in rows]}
        return json.dumps(told, ensure_ascii=False, indent=1).encode()
    lines, names, title = [[row[name] for name in heads] for row in rows], list(heads.values()), gettext("Ca bệnh")
    if form == "csv":
        return to_csv(names, lines, csv_end(names, about, title))
    return to_xlsx(title, names, lines, about)


def _in_words() -> Callable[[Case], Row]:
    """A case in the reader's language."""
    diseases, states = disease_names(), state_names()
    homes = communes()

    def row(case: Case) -> Row:
        symptoms = None if case.symptoms is None else [str(SYMPTOM_NAMES.get(one, one)) for one in case.symptoms]
        return {
            "number": case.number,
            "title": case.title,
            "disease": diseases.get(case.disease, case.disease),
            "state": states[case.state],
            "onset_on": _day(case.onset_on),
            "sample_on": _day(case.sample_on),
            "isolated_on": _day(case.isolated_on),
            "isolated_where": case.isolated_where,
            "home": homes.get(case.commune_id, case.commune_id) if case.commune_id else None,
            "detected": str(DETECTED_NAMES[case.detected]) if case.detected else None,
            "symptoms": None if symptoms is None else ", ".join(symptoms) or gettext("không có"),
            "opened_at": case.opened_at,
            "confirmed_at": case.confirmed_at,
            "interviewed_at": case.interviewed_at,
        }

    return row


# What Go.Data calls these fields of a case in English: its import finds them by these words. A first name is
# compulsory there: the number stands in its place.
FOR_GODATA = (
    "Case ID", "First name", "Classification", "Outcome", "Date of reporting", "Date of onset",
    "Date of becoming case", "Date Range Type", "Start Date",
)  # fmt: skip


def _for_godata(case: Case) -> Row:
    isolated = "LNG_REFERENCE_DATA_CATEGORY_PERSON_DATE_TYPE_ISOLATION" if case.isolated_on else None
    outcome = OUTCOMES.get(case.state)
    return dict(
        zip(
            FOR_GODATA,
            (
                case.number,
                case.number,
                CLASSIFICATION + CLASSES.get(case.state, "CONFIRMED"),
                OUTCOME + outcome if outcome else None,
                clock.to_local(case.opened_at).date().isoformat(),
                case.onset_on.isoformat() if case.onset_on else None,
                clock.to_local(case.confirmed_at).date().isoformat() if case.confirmed_at else None,
                isolated,
                case.isolated_on.isoformat() if case.isolated_on else None,
            ),
            strict=True,
        )
    )


def _day(day: date | None) -> str | None:
    return f"{day:%d/%m/%Y}" if day else None


def _plain(cell: Cell) -> Any:
    return clock.local_text(cell) if isinstance(cell, datetime) else cell


def _asked(which: Which) -> dict[str, Any]:
    told = {"state": which.state, "disease": which.disease, "commune": which.commune_id}
    return {name: value for name, value in told.items() if value}
