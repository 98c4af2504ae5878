"""A station that issues cards, a counter that scans them, and a browser of nobody."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pypdfium2
import pytest
from flask.testing import FlaskClient

from checkin import clock
from checkin.db import db
from checkin.declarations.told import Identity
from checkin.personcards import service
from checkin.personcards.service import Issuer, Made
from tests import cast, factories
from tests.desk.conftest import Counter, counter  # noqa: F401 - a fixture
from tests.posters.phone import zxing
from tests.worlds import World, inside, vault_of

HOME = factories.HA_TU
FORM = {
    "full_name": "Nguyễn Thị Ánh Tuyết", "birth_year": "1985", "gender": "female", "phone": "0912 345 678",
    "nationality": "VN", "id_number": "", "address": "", "form": "wallet",
}  # fmt: skip


def _each(*marks):
    postgresql = pytest.param("postgresql", marks=[pytest.mark.postgresql, *marks])
    return pytest.mark.parametrize("world", ["sqlite", postgresql], indirect=True)


both = _each()
# The same, on PostgreSQL among the long proofs.
both_in_time = _each(pytest.mark.long)


@pytest.fixture
def world(request):
    """SQLite, where the database makes no difference; each in turn for what is marked with `both`."""
    return request.getfixturevalue(getattr(request, "param", "sqlite"))


@dataclass
class Station:
    """The station of Hà Tu at the staff tier, signed in."""

    world: World
    browser: FlaskClient
    csrf: str

    def post(self, path: str, **fields: str):
        return self.browser.post(f"/station/cards/{path}", data={"csrf_token": self.csrf, **fields})

    def text(self, path: str = "") -> str:
        answer = self.browser.get(f"/station/cards/{path}")
        assert answer.status_code == 200
        return answer.text

    def ids(self, text: str | None = None) -> list[str]:
        """The cards that a page lists."""
        found = re.findall(r"/station/cards/([0-9a-f-]{36})\"", text if text is not None else self.text())
        return list(dict.fromkeys(found))


@pytest.fixture
def station(world):
    return station_of(world)


def station_of(world: World, who=cast.COMMUNE, commune: str = HOME) -> Station:
    with inside(world.app()):
        factories.account(db.session(), vault_of(world.app()), "commune", who, commune)
        factories.commit()
    browser = world.app("staff").test_client()
    factories.sign_in(browser, who)
    return Station(world, browser, factories.token(browser, "/station/cards/new"))


@pytest.fixture
def phone(world):
    """A browser of the public tier."""
    return world.app("public").test_client()


def issue(world: World, who: Identity = cast.CITIZEN, **changes) -> Made:
    """A card that Hà Tu's station issued to the citizen."""
    with inside(world.app()):
        session, vault = db.session(), vault_of(world.app())
        issuer = Issuer("commune", factories.SYSTEM, subject=HOME)
        people = [replace(who, **changes)]
        (made,) = service.issue(session, vault, now=clock.now(), issuer=issuer, people=people)
        session.commit()
    return made


def address(made: Made) -> str:
    return f"http://localhost:8000/c/{made.code}"


def page_of(pdf: bytes, number: int = 0, scale: float = 4) -> np.ndarray:
    """A page as grey pixels."""
    return np.asarray(pypdfium2.PdfDocument(pdf)[number].render(scale=scale).to_pil().convert("L"))


def read(pdf: bytes) -> set[str]:
    """What the codes on the first page say, read from its pixels."""
    return zxing(page_of(pdf))


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(document[number].get_textpage().get_text_bounded() for number in range(len(document)))
