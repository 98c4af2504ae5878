"""What an owner prints for one code."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from checkin import context
from checkin.db import db
from checkin.posters import queries
from checkin.posters.choices import LANGUAGES_ON_PAPER, ordered
from checkin.posters.layouts import alone, pages
from checkin.posters.pdf import poster_pdf
from checkin.posters.picture import page_svg
from checkin.posters.poster import Poster
from checkin.posters.queries import Printed
from checkin.posters.sheets import poster_of
from checkin.posters.symbols import code_png, code_svg
from checkin.venues.codes import address_of, display, normalise

bp = Blueprint("posters", __name__, url_prefix="/venues/codes")
_FORM = "<any(a4,a5,tent,sticker,sheet):form>"


@bp.app_context_processor
def _forms() -> dict[str, object]:
    return {"forms_for": ordered}


@bp.get("/<code>/poster")
def choose(code: str) -> ResponseReturnValue:
    """The forms of a poster with a picture of each, in the language that was chosen for the wall."""
    door = _own_door(code)
    return render_template(
        "posters/choose.html",
        door=door,
        shown_code=display(door.code),
        forms=ordered(door.kind),
        languages_on_paper=LANGUAGES_ON_PAPER,
        chosen=_language(),
        trial=context.config().trial,
    )


@bp.get(f"/<code>/poster-{_FORM}.pdf")
def poster(code: str, form: str) -> ResponseReturnValue:
    door, language = _own_door(code), _language()
    pdf = poster_pdf(alone(_poster(door, language), form), form, made_at=door.issued_at)
    name = f"{door.code}-{form}.pdf" if language == "vi" else f"{door.code}-{form}-{language}.pdf"
    return _file(pdf, "application/pdf", name)


@bp.get(f"/<code>/poster-{_FORM}.svg")
def picture(code: str, form: str) -> ResponseReturnValue:
    """What the page of a form looks like."""
    door = _own_door(code)
    one = _poster(door, _language())
    page = next(pages(alone(one, form), form))
    return _file(page_svg(page, f"{one.name}{one.tail}"), "image/svg+xml", f"{door.code}-{form}.svg")


@bp.get("/<code>/qr.svg")
def svg(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    return _file(code_svg(address_of(door.code, context.config())), "image/svg+xml", f"{door.code}.svg")


@bp.get("/<code>/qr.png")
def png(code: str) -> ResponseReturnValue:
    door = _own_door(code)
    return _file(code_png(address_of(door.code, context.config())), "image/png", f"{door.code}.png")


def _own_door(code: str) -> Printed:
    """The door of a code in force, of one of the owner's venues."""
    found = queries.printed(db.session(), [normalise(code[:100])])
    if not found:
        abort(404)
    return found[0]


def _language() -> str:
    """The language on the wall, which is not the one that the owner reads."""
    wish = request.args.get("in", "vi")
    if wish not in LANGUAGES_ON_PAPER:
        abort(404)
    return wish


def _poster(door: Printed, language: str) -> Poster:
    return poster_of(door, context.config(), language)


def _file(body: bytes, mimetype: str, name: str) -> Response:
    return Response(body, mimetype=mimetype, headers={"Content-Disposition": f'inline; filename="{name}"'})
