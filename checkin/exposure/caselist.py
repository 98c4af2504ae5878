"""The line list of cases as a file: no names, and who made it and why inside."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, gettext
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from checkin import clock
from checkin.audit import service as audit
from checkin.casefacts.words import DETECTED_NAMES
from checkin.cases import queries as cases
from checkin.cases.models import Case
from checkin.cases.queries import Which
from checkin.cases.views import communes, disease_names, state_names, which_asked, which_in_words
from checkin.cells import Cell
from checkin.db import db, set_read_only
from checkin.declarations.forms import SYMPTOM_NAMES
from checkin.exposure import godata, taking
from checkin.exposure.exports import CONTENT_TYPES, MOMENT, XLSX_ROWS, text_of, to_xlsx
from checkin.exposure.godata import COLUMNS, GODATA
from checkin.i18n import DEFAULT
from checkin.names import clean_name
from checkin.web import limiter

bp = Blueprint("caselist", __name__, url_prefix="/cases")
# In the form, which list is meant: this one, or one of contacts of these cases.
CASES = "cases"
HEADS = (
    _l("Số ca"),
    _l("Tên gọi"),
    _l("Bệnh"),
    _l("Tình trạng"),
    _l("Khởi phát"),
    _l("Lấy mẫu"),
    _l("Cách ly"),
    _l("Nơi cách ly, điều trị"),
    _l("Nơi ở"),
    _l("Phát hiện ở đâu"),
    _l("Triệu chứng"),
    _l("Mở lúc"),
    _l("Xác định lúc"),
    _l("Phỏng vấn lúc"),
)


@bp.post("/export")
@limiter.limit("30 per minute")
def export() -> ResponseReturnValue:
    """The cases that the page shows, all of them; logged before the first one is read."""
    session, which = db.session(), which_asked(request.form)
    form, columns = request.form.get("form", ""), request.form.get("columns", "")
    reason = clean_name(request.form.get("reason", "")[:2000])
    back = redirect(url_for("cases.index", **_asked(which)), 303)
    if request.form.get("list", CASES) != CASES:
        return taking.ask(None, which, back)
    if form not in CONTENT_TYPES or columns not in COLUMNS or not 5 <= len(reason) <= 500:
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
    now, bare = clock.now(), columns == GODATA
    audit.record(
        session, now=now, actor=current_user.actor, action="case.list", subject="", reason=reason, rows=total,
        detail={"form": form, "columns": columns, **_asked(which)},
    )  # fmt: skip
    session.commit()
    set_read_only(True)
    # In the language that was chosen with the columns.
    with force_locale(DEFAULT):
        row = godata.of_case if bare else _in_words()
        lines = [row(case) for case in cases.listed(session, which)]
        about = [
            (gettext("Tiêu chí"), which_in_words(which)),
            (gettext("Số dòng"), str(total)),
            (gettext("Lý do"), reason),
            (gettext("Người xuất"), current_user.display_name),
            (gettext("Lúc xuất"), clock.to_local(now).strftime(MOMENT)),
        ]
        body = _bare_file(form, lines) if bare else _file(form, lines, about)
    # Of a file for Go.Data the name alone says how many there are: whatever is in it becomes cases.
    name = f"cases-{clock.to_local(now):%Y%m%d-%H%M}{f'-godata-{len(lines)}' if bare else ''}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, content_type=CONTENT_TYPES[form], headers=headers)


def _bare_file(form: str, lines: Sequence[Sequence[Cell]]) -> bytes:
    """Heads and cases alone: Go.Data takes each line of each sheet for a case, and JSON as nothing but an array."""
    if form == "xlsx":
        return to_xlsx("Cases", godata.OF_CASES, lines)
    text = text_of(form, godata.OF_CASES, bare=True)
    return text.start() + text.more(lines) + text.finish((), "")


def _file(form: str, lines: Sequence[Sequence[Cell]], about: Sequence[tuple[str, str]]) -> bytes:
    heads, title = [str(head) for head in HEADS], gettext("Ca bệnh")
    if form == "xlsx":
        return to_xlsx(title, heads, lines, about)
    text = text_of(form, heads, of="cases")
    return text.start() + text.more(lines) + text.finish(about, title)


def _in_words() -> Callable[[Case], list[Cell]]:
    """A case in the language of the file."""
    diseases, states = disease_names(), state_names()
    homes = communes()

    def row(case: Case) -> list[Cell]:
        symptoms = None if case.symptoms is None else [str(SYMPTOM_NAMES.get(one, one)) for one in case.symptoms]
        return [
            case.number,
            case.title,
            diseases.get(case.disease, case.disease),
            states[case.state],
            _day(case.onset_on),
            _day(case.sample_on),
            _day(case.isolated_on),
            case.isolated_where,
            homes.get(case.commune_id, case.commune_id) if case.commune_id else None,
            str(DETECTED_NAMES[case.detected]) if case.detected else None,
            None if symptoms is None else ", ".join(symptoms) or gettext("không có"),
            case.opened_at,
            case.confirmed_at,
            case.interviewed_at,
        ]

    return row


def _day(day: date | None) -> str | None:
    return f"{day:%d/%m/%Y}" if day else None


def _asked(which: Which) -> dict[str, Any]:
    told = {"state": which.state, "disease": which.disease, "commune": which.commune_id}
    return {name: value for name, value in told.items() if value}
