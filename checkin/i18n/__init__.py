"""Languages: Vietnamese is the language of the texts in the code, English is its catalogue.

The locale is `?lang=` (works without cookies), else the cookie that it sets, else the browser's wish.
A further language is a folder `<code>/LC_MESSAGES/messages.po` here, and nothing else.
"""

import os
import re
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from flask import Flask, Response, current_app, has_request_context, request
from flask_babel import Babel, get_locale, get_translations, gettext

from checkin import clock
from checkin.cookies import cookie_name

DEFAULT = "vi"
COOKIE = "lang"
FOLDER = Path(__file__).resolve().parent
# Whose English: the month comes first in American dates alone, and would be read wrongly here.
REGIONS = {"en": "en_GB"}


def languages_in(folder: Path) -> dict[str, str]:
    """The languages that have a catalogue in a folder, each under its own name; that of the code comes first."""
    codes = {path.parts[-3] for path in folder.glob("*/LC_MESSAGES/messages.po")}
    return {code: _own_name(code) for code in sorted(codes, key=lambda code: (code != DEFAULT, code))}


def _own_name(code: str) -> str:
    name = Locale.parse(code).get_display_name(code) or code
    return name[0].upper() + name[1:]


LANGUAGES = languages_in(FOLDER)

babel = Babel()


def chosen_locale() -> str:
    """The locale code of this request; Vietnamese outside one."""
    if not has_request_context():
        return DEFAULT
    for wish in (request.args.get("lang"), request.cookies.get(_cookie())):
        if wish in LANGUAGES:
            return wish
    return request.accept_languages.best_match(list(LANGUAGES)) or DEFAULT


def _cookie() -> str:
    return cookie_name(COOKIE, secure=current_app.config["SESSION_COOKIE_SECURE"])


def lang_arg() -> dict[str, Any]:
    """The language in the address, to be kept in the links of those whose browser keeps no cookies."""
    return {"lang": request.args["lang"]} if request.args.get("lang") in LANGUAGES else {}


def locale_code() -> str:
    """The locale in use, one of LANGUAGES."""
    locale = get_locale()
    return _code_of(locale) if locale else DEFAULT


# Putting it together takes longer than all else that is done to write a number.
@cache
def _code_of(locale: Locale) -> str:
    return str(locale)


def of_two(code: str) -> str:
    """Whether a reader of a locale gets the Vietnamese or the English of what stands in these two alone: rule files."""
    return DEFAULT if code == DEFAULT else "en"


def lang_tag() -> str:
    """The locale in use as `<html lang>` writes it."""
    return locale_code().replace("_", "-")


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
        # No secret: whoever sets up need not be whom the server runs as.
        os.chmod(name, 0o644)  # noqa: S103
        os.replace(name, mo)


def init_app(app: Flask) -> None:
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(FOLDER)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    app.config["BABEL_DEFAULT_TIMEZONE"] = str(clock.ZONE)
    babel.init_app(app, locale_selector=chosen_locale)

    @app.after_request
    def _remember(response: Response) -> Response:
        if response.cache_control.max_age is not None:
            # A file, the same in every language or in that of its address: a new cookie does not make it another one.
            return response
        wish, cookie = request.args.get("lang"), _cookie()
        if wish in LANGUAGES and request.cookies.get(cookie) != wish:
            response.set_cookie(
                cookie,
                wish,
                max_age=365 * 86400,
                samesite="Lax",
                secure=app.config["SESSION_COOKIE_SECURE"],
                httponly=True,
            )
        response.headers.add("Vary", "Accept-Language, Cookie")
        return response

    app.context_processor(_texts)
    app.jinja_env.globals["_"] = gettext
    app.jinja_env.globals["locale_code"] = locale_code
    app.jinja_env.globals["lang_tag"] = lang_tag
    app.jinja_env.globals["of_two"] = of_two
    app.jinja_env.globals["languages"] = LANGUAGES
    app.jinja_env.filters["number"] = format_count
    app.jinja_env.filters["day"] = format_day
    app.jinja_env.filters["short_day"] = format_short_day
    app.jinja_env.filters["hour"] = format_hour
    app.jinja_env.filters["second"] = format_second
    app.jinja_env.filters["moment"] = format_moment
    app.jinja_env.filters["weekday"] = format_weekday


def _texts() -> dict[str, Callable[..., str]]:
    """`_` of a page: flask_babel would find the catalogue anew for each of the thousand texts of a list."""
    translated = get_translations().ugettext

    def text(said: str, /, **values: Any) -> str:
        found: str = translated(said)
        return found % values if values else found

    return {"_": text}


def format_count(value: int) -> str:
    """A whole number with the locale's thousands: 1.284 in Vietnamese, 1,284 in English."""
    return _count(value, locale_code())


@lru_cache(maxsize=10_000)
def _count(value: int, code: str) -> str:
    return str(format_decimal(value, locale=code))


@cache
def _day_pattern(code: str) -> str:
    """How a locale writes a day in figures, for strftime, always with two figures for day and month."""
    written = str(Locale.parse(REGIONS.get(code, code)).date_formats["short"].pattern)
    for letter, figure in (("y", "%Y"), ("M", "%m"), ("d", "%d")):
        written = re.sub(f"{letter}+", figure, written, count=1)
    return written


def format_day(value: date) -> str:
    """A day, or that of a moment on the province's clock: 22/11/2026 in Vietnamese and English."""
    return _day(value, _day_pattern(locale_code()))


def format_short_day(value: date) -> str:
    """The same without the year, 22/11."""
    return _day(value, re.sub(r"[^%\w]*%Y[^%\w]*", "", _day_pattern(locale_code())))


def _day(value: date, pattern: str) -> str:
    if not clock.is_readable(value):
        return str(gettext("(không đọc được)"))
    return (clock.to_local(value) if isinstance(value, datetime) else value).strftime(pattern)


def format_hour(value: datetime) -> str:
    """Hour and minute on the province's clock, 08:42."""
    if not clock.is_readable(value):
        return str(gettext("(không đọc được)"))
    return clock.to_local(value).strftime("%H:%M")


def format_moment(value: datetime) -> str:
    """Hour and day, 08:42 22/11/2026."""
    if not clock.is_readable(value):
        return str(gettext("(không đọc được)"))
    return f"{format_hour(value)} {format_day(value)}"


def format_second(value: datetime) -> str:
    """Hour, minute and second on the province's clock, 08:42:17."""
    if not clock.is_readable(value):
        return str(gettext("(không đọc được)"))
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
