"""Errors of the domain, and the pages that help when something went wrong."""

from collections.abc import Callable

import structlog
from flask import Flask, Response, current_app, make_response, render_template, request
from flask.sansio.app import App
from sqlalchemy import exc
from werkzeug.exceptions import BadHost, HTTPException, MethodNotAllowed

log = structlog.get_logger()

# Where nobody knows better.
RETRY_SECONDS = 60
PAGES = {400, 403, 404, 405, 413, 429, 500, 503}


class DomainError(Exception):
    """A rule of the domain was not met; `reason` is a short machine-readable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RoundFailed(Exception):
    """A round could not do what it promises; the text says why to whoever keeps the machine, and names nobody."""


class AccessDenied(DomainError):
    """The actor may not do this to that object."""


def speak(app: App, below: str, answer: Callable[[int], Response]) -> None:
    """Let what goes wrong at addresses that begin so be said by `answer`, of the status, in place of a page."""
    app.extensions.setdefault("checkin_speaks", {})[below] = answer


def page(status: int, **context: object) -> Response:
    """The error page of a status, or what is sent instead where no person reads it. It asks the database nothing, since
    that may be what is down."""
    answer = _for_programs()
    if answer:
        response = answer(status)
    else:
        shown = status if status in PAGES else (400 if status < 500 else 500)
        response = make_response(render_template(f"errors/{shown}.html", **context), status)
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "10"
    return response


def too_many(wait: int) -> Response:
    """The page for what is over a limit: it says when to come back, and keeps what was typed."""
    seconds = max(1, wait)
    response = page(429, replay=_replay(), seconds=seconds, minutes=-(-seconds // 60))
    response.headers["Retry-After"] = str(seconds)
    return response


def init_app(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:  # a redirect by Werkzeug, such as a missing slash
            return error.get_response()  # type: ignore[return-value]
        response = page(status)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    @app.errorhandler(BadHost)
    def _no_host(_error: BadHost) -> Response:
        # No address can be built for such a host, and so none of our pages.
        answer = _for_programs()
        return answer(400) if answer else Response("400 Bad Request\n", 400, content_type="text/plain")

    @app.errorhandler(AccessDenied)
    def _denied(_error: AccessDenied) -> Response:
        # 404, so that a stranger does not learn which identifiers exist.
        return page(404)

    @app.errorhandler(exc.OperationalError)
    @app.errorhandler(exc.InterfaceError)
    @app.errorhandler(exc.TimeoutError)
    def _database_down(error: Exception) -> Response:
        log.error("database unreachable", kind=type(error).__name__, route=str(request.url_rule))
        return page(503, replay=_replay())

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        # Only the type and where it was raised: messages can carry what a person typed.
        log.error("unexpected error", kind=type(error).__name__, route=str(request.url_rule), trace=frames(error))
        if app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        return page(500)


def _for_programs() -> Callable[[int], Response] | None:
    speaks: dict[str, Callable[[int], Response]] = current_app.extensions.get("checkin_speaks", {})
    return next((answer for below, answer in speaks.items() if f"{request.path}/".startswith(below)), None)


def _replay() -> list[tuple[str, str]]:
    """What was posted, to be sent again from the error page; never passwords."""
    if request.method != "POST":
        return []
    return [(name, value) for name, value in request.form.items(multi=True) if "password" not in name]


def frames(error: BaseException) -> list[str]:
    """Where an error was raised, as file, line and function: no value that somebody typed is in it."""
    frames, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-6:]
