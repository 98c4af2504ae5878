"""Chromium, and the product as its users meet it: two processes, two roles, no private key in the public one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests import cast, factories
from tests.conftest import CHROMIUM, CHROMIUM_MISSING
from tests.servers import gunicorn
from tests.worlds import World, inside, vault_of

FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(CHROMIUM_MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


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
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a browser of its own, as another person on another device has."""
    contexts: list[BrowserContext] = []

    def make(
        *, width: int = 360, height: int = 780, javascript: bool = True, locale: str = "vi-VN", **more: object
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=javascript, locale=locale, accept_downloads=True, **more,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core."""
    path = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe-core is missing: npm ci"
    return path.read_text(encoding="utf-8")
