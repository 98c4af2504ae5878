"""A market with a case in it, two officers of the CDC, and phones: what the tests of notices begin with."""

import re
from datetime import timedelta

import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases import queries
from checkin.db import db
from checkin.venues.models import Venue
from checkin.visits.models import Visit
from tests import cast, factories
from tests.cases.kept import link
from tests.conftest import NOW
from tests.worlds import inside, vault_of

HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
AN = ("an@cdc", "mật khẩu dài của chị An")
MARKET, TITLE = "Chợ Hạ Long 1", "Bà bán cá Zkhongaibiet"
MINE, THEIRS, FAR = "a" * 64, "b" * 64, "c" * 64
# When the case came to the market.
CAME = NOW - 2 * HOUR - 7 * MINUTE
VI, EN = "Ai mua hải sản xin để ý sức khoẻ.", "Whoever bought seafood, please watch your health."
CANARIES = ("F0-0001", "Zkhongaibiet", "Ánh Tuyết", "1985", "0912345678", "0912 345 678", "hanh", "an@cdc", "Hà Tu")


def choices(page):
    """The places that the page of a draft offers, in its order."""
    return re.findall(r'type="radio" name="place" value="([^"]+)"', page)


class Street:
    """Two officers, a market with a case in it, and phones."""

    def __init__(self, world):
        self.world = world
        app = world.app()
        with inside(app):
            session, vault = db.session(), vault_of(app)
            for who in (cast.CDC, AN):
                factories.account(session, vault, "cdc", who)
            self.market = factories.venue(session, vault, MARKET, kind="market").id
            stall = factories.venue(session, vault, "Quầy cá số 7", kind="shop")
            stall.parent_id = self.market
            self.stall, self.shop = stall.id, factories.venue(session, vault, "Siêu thị Bạch Đằng").id
            factories.case(session, TITLE)
            factories.commit()
        sick = self.come(self.market, None, CAME)
        with inside(app):
            session = db.session()
            person = session.scalars(sa.select(Visit.person_id).where(Visit.id == sick)).one()
            link(app, session, self.case(session), person)
            factories.commit()
        self.hanh, self.an = self.signed_in(cast.CDC), self.signed_in(AN)

    def case(self, session):
        return queries.by_number(session, "F0-0001")

    def signed_in(self, who):
        client = self.world.app().test_client()
        factories.sign_in(client, who)
        return client

    def come(self, venue_id, device, at, who=cast.CITIZEN):
        app = self.world.app()
        with clock.fixed(at), inside(app):
            session, vault = db.session(), vault_of(app)
            where = session.get_one(Venue, venue_id)
            done = factories.check_in(
                app, session, vault, where, cast.healthy(who), at=at, device=vault.device(device) if device else None
            )
            visit_id = done.visit_id
            factories.commit()
        return visit_id

    def write(self, client=None, place=None, **changes):
        """A draft of the first place that the page offers, or of another one; returns its page."""
        client = client or self.hanh
        page = client.get("/cases/F0-0001/notice")
        assert page.status_code == 200, page.text
        form = {
            "csrf_token": factories.hidden(page.text, "csrf_token"), "place": place or choices(page.text)[0],
            "start": "", "end": "", "severity": "watch", "words_vi": VI, "words_en": EN, **changes,
        }  # fmt: skip
        answer = client.post("/cases/F0-0001/notice", data=form)
        assert answer.status_code == 303, answer.text
        return answer.location

    def post(self, client, path, **form):
        """As from the page of a draft that shows its first version, unless `seen` says otherwise."""
        return client.post(path, data={"csrf_token": factories.token(client, "/cases/"), "seen": "1", **form})

    def out(self, **changes):
        """One that is out at once; returns the page of its draft."""
        page = self.write(**changes)
        answer = self.post(self.hanh, f"{page}/publish", mode="now", reason="Không gọi được hết")
        assert answer.status_code == 303, answer.text
        return page

    def decide(self, client, number=1, **form):
        page = next(
            one for one in re.findall(r'href="(/approvals/[0-9a-f-]{36})"', client.get("/approvals/").text)
            if f"PD-{number:06d}" in client.get(one).text
        )  # fmt: skip
        return self.post(client, f"{page}/decide", **form)

    def get(self, path, device=None, language="vi"):
        client = self.world.app("public").test_client()
        if device:
            client.set_cookie("device", device)
        return client.get(f"{path}?lang={language}")

    def log(self):
        with inside(self.world.app()):
            rows = db.session.execute(
                sa.select(AuditEntry.action, AuditEntry.actor, AuditEntry.subject)
                .order_by(AuditEntry.seq)
                .where(AuditEntry.action.like("notice.%"))
                .order_by(AuditEntry.seq)
            )
            return [tuple(row) for row in rows]
