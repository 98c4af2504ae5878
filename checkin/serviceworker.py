"""Scripts that browsers run beside pages, put together from files of static/js. They name nobody."""

from pathlib import Path

from flask import Response, current_app, request

from checkin.packed import pack


def joined(*names: str) -> str:
    """These files of static/js, one after the other."""
    folder = Path(current_app.static_folder or "static") / "js"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


def script(text: str, *, scope: str = "", seconds: int = 0) -> Response:
    """A script that the browser asks for again after so many seconds; as a worker it may speak for `scope`."""
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = f"private, max-age={seconds}" if seconds else "no-cache"
    if scope:
        response.headers["Service-Worker-Allowed"] = scope
    response.add_etag()
    response.make_conditional(request)
    return pack(response)
