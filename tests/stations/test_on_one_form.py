"""Who made a journey together is seen as such by the station, and each name that is opened is on record."""

import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.db import db
from tests import cast, factories
from tests.calls.pages import send
from tests.calls.test_together import SON, along
from tests.conftest import NOW
from tests.fuzz import cheap
from tests.worlds import inside, vault_of


def test_a_family_on_the_road_is_marked_and_named_on_each_others_page(sqlite):
    app = sqlite.app()
    with clock.fixed(NOW), cheap.passwords():
        with inside(app):
            factories.account(db.session(), vault_of(app), "commune", cast.COMMUNE, factories.HA_TU)
            factories.commit()
        assert send(app.test_client(), "enter", **along(SON)).status_code == 200
        assert send(app.test_client(), "leave", full_name="Trần Văn Hưng", phone="0904118226").status_code == 200
        officer = app.test_client()
        factories.sign_in(officer, cast.COMMUNE)
        listed = officer.get("/station/").text
        assert listed.count("khai cùng 1 người khác trong danh sách") == 2
        rows = listed.split("<tr>")
        mother = next(row for row in rows if cast.CITIZEN.full_name in row)
        page = officer.get("/station/people/" + mother.split("/station/people/")[1].split('"')[0]).text
        assert "Khai cùng một tờ" in page and SON["full_name"] in page and "Trần Văn Hưng" not in page
        alone = next(row for row in rows if "Trần Văn Hưng" in row)
        page = officer.get("/station/people/" + alone.split("/station/people/")[1].split('"')[0]).text
        assert "Khai cùng một tờ" not in page
    with inside(app):
        read = sa.select(AuditEntry.rows).where(AuditEntry.action == "station.read").order_by(AuditEntry.seq)
        assert db.session.scalars(read).all() == [3, 2, 1]
