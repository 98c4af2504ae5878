"""The owner's numbers: how many, never who, and of the own venues alone."""

from datetime import timedelta

from checkin import clock
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of


def test_an_owner_sees_how_many_and_nobody(client, world):
    app = world.app()
    with inside(app):
        session, vault = db.session(), vault_of(app)
        owner = factories.account(session, vault, "owner", cast.OWNER)
        factories.account(session, vault, "owner", cast.OUTSIDER)
        shop = factories.venue(session, vault, owner=owner)
        # One today, two late yesterday on the province's clocks, of which one on another day in UTC.
        for at in (NOW, NOW - timedelta(hours=12), NOW - timedelta(hours=10, minutes=35)):
            factories.check_in(app, session, vault, shop, at=at)
        page = f"/venues/{shop.id}/numbers"
        factories.commit()
    factories.sign_in(client, cast.OWNER)
    html = client.get(page).text
    assert "<b>1</b><span>lượt vào hôm nay" in html
    assert "<b>3</b><span>lượt vào trong 14 ngày" in html
    assert "Tuyết" not in html
    assert clock.to_local(NOW).strftime("%d/%m") in html
    other = app.test_client()
    factories.sign_in(other, cast.OUTSIDER)
    assert other.get(page).status_code == 404
