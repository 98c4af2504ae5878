"""The phone of a commune's health station, set by one command and shown to who needs help."""

import pytest

from checkin.audit.models import AuditEntry
from checkin.db import db
from checkin.places import queries
from checkin.places.models import Place
from tests import cast, factories
from tests.calls.pages import send
from tests.worlds import inside, vault_of


def command(app, *arguments):
    return app.test_cli_runner().invoke(args=["places", "station-phone", *arguments])


def test_the_station_is_named_and_called_by_whoever_needs_help(world):
    app = world.app()
    for typed in ("0203 3 825 499", "+842033825499", "02033825499"):
        done = command(app, factories.HA_TU, typed)
        assert done.exit_code == 0 and "Phường Hà Tu: 0203" in done.output
    with inside(app):
        phone = db.session.get(Place, factories.HA_TU).station_phone
        assert [entry.action for entry in db.session.query(AuditEntry)] == ["station.phone"] * 3
        code = factories.code_of(db.session(), factories.venue(db.session(), vault_of(app)))
        factories.commit()
    # A server remembers places for ten minutes; this one has just been started.
    queries._commune.forget()
    visitor = world.app("public").test_client()
    form = cast.form(symptoms="yes", symptom=["cough"], submission=factories.submission(visitor, code))
    page = visitor.post(f"/v/{code}", data=form).text
    assert "CẦN HỖ TRỢ" in page and f"tel:{phone.replace(' ', '')}" in page and "Trạm y tế Phường Hà Tu" in page
    assert f"tel:{phone.replace(' ', '')}" in send(visitor, "ill").text
    assert command(app, factories.HA_TU).exit_code == 0
    with inside(app):
        assert db.session.get(Place, factories.HA_TU).station_phone is None


@pytest.mark.parametrize(
    ("commune", "phone"),
    [
        ("06652", "12"),
        ("99999", "0912345678"),
        ("old-commune-06652", "0912345678"),
        ("22", "0912345678"),
        ("06652", "x" * 900),
    ],
)
def test_it_rejects_what_is_no_phone_and_no_commune_of_today(sqlite, commune, phone):
    done = command(sqlite.app(), commune, phone)
    assert done.exit_code == 1 and "Traceback" not in done.output
