from flask import Blueprint, Response, abort, render_template, url_for
from flask.typing import ResponseReturnValue

from checkin import clock, context
from checkin.db import db
from checkin.i18n import lang_arg, locale_code, of_two
from checkin.notices import feed, queries
from checkin.notices.words import for_pages
from checkin.web import limiter

bp = Blueprint("notices", __name__)
bp.app_context_processor(for_pages)


@bp.get("/notices")
@limiter.limit("120 per minute")
def index() -> ResponseReturnValue:
    session, now = db.session(), clock.now()
    current, past = queries.in_force(session, now), queries.past(session, now)
    return render_template(
        "notices/index.html",
        current=current,
        past=past,
        where=queries.places_of(session, [*current, *past]),
        lang_arg=lang_arg(),
    )


@bp.get("/notices/<number>")
@limiter.limit("120 per minute")
def show(number: str) -> ResponseReturnValue:
    session = db.session()
    notice = queries.public(session, number)
    if notice is None:
        abort(404)
    return render_template(
        "notices/show.html",
        notice=notice,
        where=queries.places_of(session, [notice]).get(notice.id),
        numbers=queries.numbers(session, [notice.corrects, notice.replaced_by]),
        again=queries.stands_again(session, notice, clock.now()),
        lang_arg=lang_arg(),
    )


@bp.get("/notices.json")
@limiter.limit("60 per minute")
def as_feed() -> ResponseReturnValue:
    """What holds and what was withdrawn or has expired, for newspapers and other pages."""
    session, now, origin = db.session(), clock.now(), context.config().public_origin
    listed = [*queries.in_force(session, now), *queries.past(session, now)]
    body = feed.written(
        listed,
        queries.places_of(session, listed),
        now=now,
        language=of_two(locale_code()),
        address=lambda number: f"{origin}{url_for('.show', number=number) if number else url_for('.index')}",
        own=f"{origin}{url_for('.as_feed')}",
    )
    return Response(body, mimetype="application/feed+json", headers={"Cache-Control": "no-store"})
