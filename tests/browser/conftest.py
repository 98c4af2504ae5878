"""Chromium, and the product as its users meet it: two processes, two roles, no private key in the public one."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from threading import Timer

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Locator, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from tests import cast, factories
from tests.conftest import CHROMIUM, CHROMIUM_MISSING
from tests.servers import gunicorn
from tests.worlds import World, inside, vault_of

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage"

# What a page shows in the end it may show late on a busy machine.
expect.set_options(timeout=15_000)
# Seconds after which a context that is closing is given up.
LATEST = 20


def _arriving(act: Callable[..., None]) -> Callable[..., None]:
    """A press ends where the next page begins; what it leads to is read only when that page is there."""

    @wraps(act)
    def pressed(where: Page | Locator, *args: object, **options: object) -> None:
        act(where, *args, **options)
        page = where if isinstance(where, Page) else where.page
        if not page.is_closed():
            page.wait_for_load_state("domcontentloaded")

    return pressed


Page.click = _arriving(Page.click)
Locator.click = _arriving(Locator.click)

TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


class Chromium:
    """The browser that the tests of a process share; it is started anew where it was ended."""

    def __init__(self, kind: BrowserType) -> None:
        self._kind = kind
        self._browser: Browser | None = None
        self._pid = 0

    def running(self) -> Browser:
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._kind.launch(executable_path=CHROMIUM, args=FLAGS.split())
            told = self._browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
            (self._pid,) = [process["id"] for process in told["processInfo"] if process["type"] == "browser"]
        return self._browser

    def close(self, context: BrowserContext) -> None:
        """Close a context. Chromium may never say that one with a service worker is closed; then it is ended itself."""
        browser = context.browser
        if browser is None or not browser.is_connected():
            return
        late = Timer(LATEST, os.kill, (self._pid, signal.SIGKILL))
        late.start()
        try:
            context.close()
        except PlaywrightError:
            if browser.is_connected():
                raise
        finally:
            late.cancel()

    def end(self) -> None:
        if self._browser is not None:
            self._browser.close()


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Chromium]:
    if CHROMIUM is None:
        pytest.skip(CHROMIUM_MISSING)
    with sync_playwright() as playwright:
        shared = Chromium(playwright.chromium)
        yield shared
        shared.end()


@pytest.fixture
def chromium(_chromium: Chromium) -> Browser:
    return _chromium.running()


@dataclass
class Product:
    """Addresses of both tiers, and the database behind them."""

    public: str
    staff: str
    world: World


@pytest.fixture(scope="session")
def _product(_postgresql: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    logs = tmp_path_factory.mktemp("logs")
    assert not list(_postgresql.keys("public").glob("*.private"))
    with (
        gunicorn(_postgresql.env("public"), logs / "public.log") as public,
        gunicorn(_postgresql.env("staff"), logs / "staff.log") as staff,
    ):
        yield Product(public, staff, _postgresql)


@pytest.fixture
def product(_product: Product, postgresql: World) -> Product:
    """The product on PostgreSQL as two processes with two roles; the database is empty."""
    return _product


@pytest.fixture
def accounts(product: Product) -> None:
    """An account of each staff role."""
    app = product.world.app()
    with inside(app):
        session, vault = factories.db.session(), vault_of(app)
        factories.account(session, vault, "cdc", cast.CDC)
        factories.account(session, vault, "admin", cast.ADMIN)
        factories.account(session, vault, "command", cast.COMMAND)
        factories.account(session, vault, "commune", cast.COMMUNE, factories.HA_TU)
        factories.commit()


@pytest.fixture
def open_page(_chromium: Chromium) -> Iterator[Callable[..., Page]]:
    """Opens a page of a browser of its own, as another person on another device has."""
    contexts: list[BrowserContext] = []

    def make(
        *, width: int = 360, height: int = 780, javascript: bool = True, locale: str = "vi-VN", **more: object
    ) -> Page:
        context = _chromium.running().new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, locale=locale, accept_downloads=True, **more,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        _chromium.close(context)


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe-core is missing: npm ci"
    return path.read_text(encoding="utf-8")


@pytest.fixture
def clean(axe):
    """Asserts that axe finds nothing, in light and, where only colours differ, in dark."""
    rules = {"light": {"type": "tag", "values": TAGS}, "dark": {"type": "rule", "values": ["color-contrast"]}}

    def check(page, state):
        for scheme, only in rules.items():
            page.emulate_media(color_scheme=scheme)
            page.evaluate(axe + ";0")
            found = page.evaluate("only => axe.run(document, {runOnly: only})", only)
            wrong = [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]]
            assert not wrong, (state, scheme, wrong)
            assert found["passes"], "nothing was looked at"
        page.emulate_media(color_scheme="light")

    return check
