"""Pictures of a notice, to send on and to print."""

from textwrap import shorten

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import clock, context
from checkin.db import db
from checkin.i18n import format_moment, locale_code, of_two
from checkin.notices import queries
from checkin.notices.models import PUBLISHED, WITHDRAWN
from checkin.notices.queries import Public
from checkin.notices.sheet import Sheet, drawn
from checkin.notices.words import ADVICE, SEVERITY_NAMES
from checkin.web import limiter

bp = Blueprint("notice_pictures", __name__, url_prefix="/notices")
TYPES = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}


@bp.get("/<number>/poster.<any(png,svg,pdf):form>")
@limiter.limit("60 per minute")
def picture(number: str, form: str) -> ResponseReturnValue:
    """The notice as a picture; a minute old at most, so that what was withdrawn says so."""
    notice = queries.public(db.session(), number)
    if notice is None:
        abort(404)
    language = of_two(locale_code())
    name = f"{notice.number}.{form}" if language == "vi" else f"{notice.number}-{language}.{form}"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, max-age=60"}
    response = Response(drawn(_sheet(notice, language), form), mimetype=TYPES[form], headers=headers)
    response.add_etag()
    return response.make_conditional(request)


def _sheet(notice: Public, language: str) -> Sheet:
    config, english = context.config(), language == "en"
    where = queries.places_of(db.session(), [notice]).get(notice.id)
    until = notice.expires_at or clock.now()
    over = {
        PUBLISHED: "",
        WITHDRAWN: gettext("ĐÃ RÚT LẠI"),
    }.get(notice.state_at(clock.now()), gettext("ĐÃ HẾT HẠN"))
    return Sheet(
        language=language,
        title=gettext("THÔNG BÁO KHẨN"),
        severity=notice.severity,
        severity_name=str(SEVERITY_NAMES[notice.severity]),
        place=" – ".join(filter(None, (where.name, where.zone))) if where else "?",
        commune=where.commune if where else "",
        when=gettext(
            "Ai có mặt ở đây từ %(start)s đến %(end)s", start=format_moment(notice.start), end=format_moment(notice.end)
        ),
        advice=str(ADVICE[notice.severity]),
        words=shorten((english and notice.words_en) or notice.words_vi, 580, placeholder="…"),
        hint=gettext("Quét mã để đọc bản mới nhất và báo “Tôi đã ở đó”. Có mặt ở đó không có nghĩa là mắc bệnh."),
        url=f"{config.public_origin}{url_for('notices.show', number=notice.number)}",
        number=notice.number,
        until=gettext("%(number)s, hết hạn %(when)s", number=notice.number, when=format_moment(until)),
        issuer=f"{config.cdc_name} · {config.hotline}",
        over=over,
        trial=gettext("BẢN THỬ") if config.trial else "",
        made_at=notice.published_at or until,
    )
