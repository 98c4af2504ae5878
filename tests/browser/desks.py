"""Devices at a counter in Chromium: with a fake camera, and as a browser of its own that can be killed."""

import io
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qrcode
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import Browser, BrowserType
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from checkin import clock
from checkin.accounts.models import Account
from checkin.db import db
from checkin.desk import service
from checkin.desk.models import DeskLink
from checkin.venues.models import Venue
from tests import cast, factories
from tests.browser.conftest import FLAGS, Product
from tests.conftest import CHROMIUM
from tests.worlds import inside, vault_of

SHOP = "Siêu thị Bạch Đằng"


def open_shop(product: Product, kind: str = "supermarket") -> Venue:
    """Bình's venue."""
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        binh = factories.account(session, vault, "owner", cast.OWNER)
        shop = factories.venue(session, vault, SHOP, owner=binh, kind=kind)
        session.commit()
        session.refresh(shop)
        session.expunge(shop)
    return shop


def join(product: Product, shop: Venue, name: str = "Bảo vệ cổng 1") -> dict[str, object]:
    """The cookie of a device that was joined to the venue."""
    app = product.world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = session.get_one(Account, shop.owner_id)
        values = {"now": clock.now(), "actor": owner.actor, "venue": session.get_one(Venue, shop.id)}
        _, code = service.make(session, vault, name=name, **values)
        secret = service.join(session, vault, now=clock.now(), code=code, device_kind="Chrome")
        session.commit()
    return {"name": "desk", "value": secret, "url": product.public, "expires": time.time() + 90 * 86400}


def end(product: Product) -> None:
    """The owner ends every device."""
    with inside(product.world.app()):
        for link in db.session.scalars(sa.select(DeskLink)):
            link.revoked_at = clock.now()
        db.session.commit()


def visits(product: Product) -> list[tuple[object, ...]]:
    """(entered at, person, masked name) of every visit."""
    with inside(product.world.app()):
        return [(v.entered_at, v.person_id, v.masked_name) for v in factories.all_visits(db.session())]


def film_of(card: str, path: Path) -> Path:
    """A film for the fake camera in which a card is held up."""
    picture = Image.new("RGB", (640, 480), "#dddddd")
    code = qrcode.make(card.encode(), error_correction=qrcode.ERROR_CORRECT_M).get_image().convert("RGB")
    picture.paste(code.resize((400, 400), Image.Resampling.NEAREST), (120, 40))
    frame = io.BytesIO()
    picture.save(frame, "JPEG", quality=92)
    path.write_bytes(frame.getvalue() * 5)
    return path


@contextmanager
def own_browser(kind: BrowserType, folder: Path) -> Iterator[tuple[Browser, subprocess.Popen[bytes]]]:
    """A browser with a profile of its own, and its process; the profile outlives it."""
    port = folder / "DevToolsActivePort"
    port.unlink(missing_ok=True)
    process = subprocess.Popen(
        [str(CHROMIUM), "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", *FLAGS.split()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 90
        while not port.exists() or not port.read_text().strip():
            assert time.monotonic() < deadline and process.poll() is None, "Chromium does not start"
            time.sleep(0.1)
        time.sleep(0.2)
        yield _connect(kind, f"http://127.0.0.1:{port.read_text().split()[0]}"), process
    finally:
        kill(process)


def _connect(kind: BrowserType, address: str) -> Browser:
    # Who connects while the first tab opens is sometimes left without an answer; the next one gets it.
    for tries_left in reversed(range(4)):
        try:
            return kind.connect_over_cdp(address, timeout=30_000)
        except PlaywrightTimeoutError:
            if not tries_left:
                raise
    raise AssertionError("the last try returns or raises")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a browser with all its processes at once, as when the battery gives up."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
