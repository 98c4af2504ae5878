"""What every page shares: sessions, CSRF, rate limits, headers, template globals."""

import hashlib
import io
import time
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import IO
from urllib.parse import quote, urlencode

from flask import Flask, Request, Response, abort, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_limiter import Limiter, RateLimitExceeded
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from itsdangerous import Signer
from jinja2 import StrictUndefined
from werkzeug.exceptions import BadHost, HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix

from checkin import clock, errors
from checkin.config import Config
from checkin.cookies import cookie_name
from checkin.counters import storage_uri
from checkin.db import set_read_only

# A declaration with every field filled with ten thousand letters still fits.
MAX_BODY = 1024 * 1024
# What may send more, by endpoint; said where the page is.
LARGER_BODIES: dict[str, int] = {}
# What takes JSON, by blueprint: it reads no form, and no cookie.
TAKES_JSON: set[str] = set()
# Of what is too large so much is read and thrown away: a browser that is cut off while it sends shows no answer.
DRAINED = 128 * 1024 * 1024

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "manifest-src 'self'",
    )
)
PERMISSIONS = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"

csrf = CSRFProtect()


class _Request(Request):
    def _get_file_stream(self, *_args: object, **_kwargs: object) -> IO[bytes]:
        """A file that is sent stays in memory, which `max_content_length` bounds: no list of anybody on a disk."""
        return io.BytesIO()


class _Sessions(SecureCookieSessionInterface):
    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what was put into the session. A file is nobody's, so no new cookie makes it another one."""
        if response.cache_control.max_age is None:
            super().save_session(app, session, response)


def _route_and_network() -> str:
    # Keyed on the matched route: another letter case or a slash more does not make a new counter.
    return f"{request.endpoint}:{network(get_remote_address())}"


def network(address: str) -> str:
    """Whom an address counts as: an IPv4 address itself, of IPv6 the network of a household (/64)."""
    try:
        found = ip_address(address.rsplit(":", 1)[0] if address.count(":") == 1 else address.strip("[]"))
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ip_network(f"{found}/64", strict=False))


# Without headers on every answer: how much a shared address has left is nobody's matter, and asking takes time.
limiter = Limiter(key_func=_route_and_network, default_limits=[])


def init_app(app: Flask, config: Config) -> None:
    app.config.update(
        SESSION_COOKIE_NAME=cookie_name("session", secure=config.secure),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        # How long somebody stays signed in is kept on the server; this is only as long as the longest of it.
        PERMANENT_SESSION_LIFETIME=timedelta(days=90),
        # An answer that was under way while the token changed must not bring the old one back.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=None,
        # It would compare the Referer with the Host that was sent; `_from_here` compares with what is configured.
        WTF_CSRF_SSL_STRICT=False,
        RATELIMIT_STORAGE_URI=storage_uri(config.ratelimit_storage_uri),
        RATELIMIT_SWALLOW_ERRORS=True,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
    )
    app.request_class = _Request
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.proxies:
        # x_host stays 0: the printed address is configured, never taken from a header.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=0)  # type: ignore[method-assign]
    app.session_interface = _Sessions()
    # Sessions and tokens of forms too are signed with SHA-256; the library's own default is SHA-1.
    Signer.default_digest_method = staticmethod(hashlib.sha256)
    app.session_interface.digest_method = hashlib.sha256
    # Neither a missing slash nor one too many is a redirect: it would repeat the Host that was sent.
    app.url_map.strict_slashes = app.url_map.merge_slashes = False

    @app.before_request
    def _a_host() -> None:
        # Before anything else is refused: without a host no address can be built, and so no page that says why.
        if isinstance(request.routing_exception, BadHost):
            raise request.routing_exception

    @app.before_request
    def _reading_or_writing() -> None:
        set_read_only(request.method in {"GET", "HEAD", "OPTIONS"})
        if request.is_json and request.endpoint and request.blueprint not in TAKES_JSON:
            abort(415)  # no page of ours takes JSON, and forms would read it as one of theirs
        if request.endpoint in LARGER_BODIES:
            request.max_content_length = request.max_form_memory_size = LARGER_BODIES[request.endpoint]
        if request.method == "POST":
            # Read before anything else: who sends slowly must not hold the database meanwhile.
            try:
                _ = request.get_data() if request.is_json else request.form
            except RequestEntityTooLarge:
                if request.endpoint in LARGER_BODIES:
                    _drain()
                raise
            except OSError:
                abort(408)

    @app.before_request
    def _from_here() -> None:
        if request.method == "POST" and not same_origin(config):
            abort(403)

    csrf.init_app(app)
    limiter.init_app(app)

    @app.teardown_request
    def _forget(_error: BaseException | None) -> None:
        set_read_only(False)

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", CSP)
        headers["X-Content-Type-Options"] = "nosniff"
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", PERMISSIONS)
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["X-Permitted-Cross-Domain-Policies"] = "none"
        headers["X-Frame-Options"] = "DENY"
        if config.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if request.endpoint != "static":
            # Every page may show what somebody typed or saw; none is kept by a shared computer.
            headers.setdefault("Cache-Control", "no-store")
        return response

    @app.errorhandler(CSRFError)
    def _csrf(_error: CSRFError) -> Response:
        return errors.page(400, expired=True)

    @app.errorhandler(429)
    def _too_many(error: HTTPException) -> Response:
        wait = getattr(error, "retry_after", None)
        if isinstance(error, RateLimitExceeded) and limiter.current_limit is not None:
            # nosemgrep: the-clock-is-elsewhere - the counters run by the machine's own
            wait = limiter.current_limit.reset_at - int(time.time())
        return errors.too_many(wait if isinstance(wait, int) else errors.RETRY_SECONDS)

    app.jinja_env.globals.update(
        cdc_name=config.cdc_name,
        hotline=config.hotline,
        hotline_link="tel:" + "".join(c for c in config.hotline if c.isdigit() or c == "+"),
        tier=config.tier,
        in_language=in_language,
        now=clock.now,
        static_url=_static_url(app),
    )


def with_camera(response: Response) -> Response:
    """The answer with the headers that let this page scan: its own WebAssembly, and the camera."""
    policy = CSP.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
    response.headers["Content-Security-Policy"] = f"{policy}; worker-src 'self'"
    response.headers["Permissions-Policy"] = PERMISSIONS.replace("camera=()", "camera=(self)")
    return response


def _drain() -> None:
    stream, left = request.environ["wsgi.input"], min(request.content_length or 0, DRAINED)
    try:
        while left > 0 and (block := stream.read(min(left, 64 * 1024))):
            left -= len(block)
    except OSError:
        pass  # who sent it is gone


def in_language(code: str) -> str:
    """This page's address in another language; only the path and `lang`, nothing that was typed."""
    # One slash, and no backslash: two of either in front would lead to another site.
    return f"/{quote(request.path.lstrip('/'))}?{urlencode({'lang': code})}"


def _static_url(app: Flask) -> Callable[[str], str]:
    folder = Path(app.static_folder or "static")
    versions: dict[str, str] = {}

    def static_url(name: str) -> str:
        """Address of a static file with its change time, so that it can be cached for long."""
        if name not in versions:
            path = folder / name
            versions[name] = format(int(path.stat().st_mtime), "x") if path.exists() else "0"
        return url_for("static", filename=name, v=versions[name])

    return static_url


def same_origin(config: Config) -> bool:
    """True unless the browser says that another site sent this form.

    Every form is asked, also those that work without cookies and so without a CSRF token. What counts is the
    configured address, with its scheme. Only where that is this computer's own the Host that was sent counts too,
    since people then open the same page under several names; a page of another site cannot choose it.
    """
    site = request.headers.get("Sec-Fetch-Site", "").lower()
    if site in {"cross-site", "same-site"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None or origin == config.public_origin:
        return True
    # A page of another site does not choose the Host either.
    # nosemgrep: the-host-that-was-sent
    return config.trial and origin == f"{request.scheme}://{request.host}"
