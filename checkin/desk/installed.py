"""What lets a device keep the page and open it without network: manifest, icon, worker. They name nobody."""

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from checkin import serviceworker

bp = Blueprint("desk_app", __name__, url_prefix="/desk")
# Also the address of the page without the slash.
SCOPE = "/desk"


@bp.get("/manifest.json")
def manifest() -> ResponseReturnValue:
    """How the page is called and looks once it is installed."""
    return {
        "name": gettext("Quầy khai báo y tế"),
        "short_name": gettext("Quầy"),
        "id": url_for("desk.show"),
        "start_url": url_for("desk.show"),
        "scope": SCOPE,
        "display": "standalone",
        "background_color": "#f3f6f8",
        "theme_color": "#0b5c7d",
        "icons": [_icon(size) for size in (192, 512)],
    }


@bp.get("/worker.js")
def worker() -> Response:
    """The service worker, from here since it may speak for what stands below its own address alone."""
    text = serviceworker.joined("worker-pages.js", "desk-worker.js")
    return serviceworker.script(text, scope=SCOPE)


def _icon(size: int) -> dict[str, str]:
    return {
        "src": url_for("static", filename=f"img/desk-{size}.png"),
        "sizes": f"{size}x{size}",
        "type": "image/png",
        "purpose": "any maskable",
    }
