"""Languages: Vietnamese is the language of the texts in the code, English is its catalogue.

The locale is `?lang=` (works without cookies), else the cookie that it sets, else the browser's wish.
A further language is a folder `<code>/LC_MESSAGES/messages.po` here and a name in LANGUAGES.
"""

import os
import tempfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, has_request_context, request
from flask_babel import Babel, get_locale, gettext

from checkin import clock

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
DEFAULT = "vi"
COOKIE = "lang"
FOLDER = Path(__file__).resolve().parent

babel = Babel()


def chosen_locale() -> str:
    """The locale code of this request; Vietnamese outside one."""
    if not has_request_context():
        return DEFAULT
    for wish in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


def locale_code() -> str:
    """The locale in use, for `<html lang>`."""
    return str(get_locale() or DEFAULT)[:2]


def compile_catalogues() -> None:
    """Make the binary catalogue of each language where it is missing or older than its text."""
    for po in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        mo = po.with_suffix(".mo")
        if mo.exists() and mo.stat().st_mtime >= po.stat().st_mtime:
            continue
        out = BytesIO()
        with po.open("rb") as file:
            write_mo(out, read_po(file, locale=po.parts[-3]))
        # Several processes may start at once: each writes its own file and renames it into place.
        descriptor, name = tempfile.mkstemp(dir=mo.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(out.getvalue())
        os.replace(name, mo)


def init_app(app: Flask) -> None:
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(FOLDER)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = str(clock.ZONE)
    babel.init_app(app, locale_selector=chosen_locale)

    @app.after_request
    def _remember(response: Response) -> Response:
        wish = request.args.get("lang")
        if request.endpoint != "static" and wish in LANGUAGES and request.cookies.get(COOKIE) != wish:
            response.set_cookie(
                COOKIE,
                wish,
                max_age=365 * 86400,
                samesite="Lax",
                secure=app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
            )
        response.headers.add("Vary", "Accept-Language, Cookie")
        return response

    app.jinja_env.globals["locale_code"] = locale_code
    app.jinja_env.globals["languages"] = LANGUAGES
    app.jinja_env.filters["number"] = format_count
    app.jinja_env.filters["day"] = format_day
    app.jinja_env.filters["hour"] = format_hour
    app.jinja_env.filters["second"] = format_second
    app.jinja_env.filters["moment"] = format_moment
    app.jinja_env.filters["weekday"] = format_weekday


def format_count(value: int) -> str:
    """A whole number with the locale's thousands: 1.284 in Vietnamese, 1,284 in English."""
    return f"{value:,}".replace(",", "." if locale_code() == "vi" else ",")


def format_day(value: datetime) -> str:
    """Day of the province's clock, 22/11/2026 in both languages (the country's order)."""
    return clock.to_local(value).strftime("%d/%m/%Y")


def format_hour(value: datetime) -> str:
    """Hour and minute on the province's clock, 08:42."""
    return clock.to_local(value).strftime("%H:%M")


def format_moment(value: datetime) -> str:
    """Hour and day, 08:42 22/11/2026."""
    return clock.to_local(value).strftime("%H:%M %d/%m/%Y")


def format_second(value: datetime) -> str:
    """Hour, minute and second on the province's clock, 08:42:17."""
    return clock.to_local(value).strftime("%H:%M:%S")


def format_weekday(value: datetime) -> str:
    """Day of the week and day, Chủ nhật 22/11/2026."""
    names = [
        gettext("Thứ hai"),
        gettext("Thứ ba"),
        gettext("Thứ tư"),
        gettext("Thứ năm"),
        gettext("Thứ sáu"),
        gettext("Thứ bảy"),
        gettext("Chủ nhật"),
    ]
    return f"{names[clock.to_local(value).weekday()]} {format_day(value)}"
