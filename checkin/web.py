"""What every page shares: sessions, CSRF, rate limits, headers, template globals."""

from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask, Response, abort, request, url_for
from flask_babel import gettext
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from checkin import clock, errors
from checkin.config import Config
from checkin.counters import ProcessStorage
from checkin.db import set_read_only
from checkin.vault import Vault

# A declaration with every field filled with ten thousand letters still fits.
MAX_BODY = 1024 * 1024

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


limiter = Limiter(key_func=_route_and_network, default_limits=[], headers_enabled=True)


def init_app(app: Flask, config: Config, vault: Vault) -> None:
    app.config.update(
        SECRET_KEY=vault.session_secret,
        SESSION_COOKIE_NAME="session" if not config.secure else "__Host-session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=config.secure,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=MAX_BODY,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=None,
        # Under TLS Flask-WTF also compares the Referer, which our own policy keeps.
        WTF_CSRF_SSL_STRICT=config.secure,
        RATELIMIT_STORAGE_URI=config.ratelimit_storage_uri.replace(
            "memory://", f"{ProcessStorage.STORAGE_SCHEME[0]}://"
        ),
        RATELIMIT_SWALLOW_ERRORS=True,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.proxies:
        # x_host stays 0: the printed address is configured, never taken from a header.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=0)  # type: ignore[method-assign]
    # A missing slash is no redirect: it would repeat the Host that was sent.
    app.url_map.strict_slashes = False

    @app.before_request
    def _reading_or_writing() -> None:
        set_read_only(request.method in {"GET", "HEAD", "OPTIONS"})
        if request.is_json:
            abort(415)  # no page of ours takes JSON, and forms would read it as one of theirs
        if request.method == "POST":
            # Read before anything else: who sends slowly must not hold the database meanwhile.
            try:
                _ = request.form
            except OSError:
                abort(408)

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
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = PERMISSIONS
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
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

    app.jinja_env.globals.update(
        cdc_name=config.cdc_name,
        hotline=config.hotline,
        hotline_link="tel:" + "".join(c for c in config.hotline if c.isdigit() or c == "+"),
        tier=config.tier,
        in_language=in_language,
        now=clock.now,
        static_url=_static_url(app),
        _=gettext,
    )


def in_language(code: str) -> str:
    """This page's address in another language; only the path and `lang`, nothing that was typed."""
    return f"{request.path}?{urlencode({'lang': code})}"


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

    For the one form that works without cookies and so without a CSRF token. A page of another site
    cannot choose the Origin or Host header that the browser sends.
    """
    site = request.headers.get("Sec-Fetch-Site", "").lower()
    if site in {"cross-site", "same-site"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        sender = urlsplit(origin).netloc
    except ValueError:
        return False
    return sender in {urlsplit(config.public_origin).netloc, request.host}
