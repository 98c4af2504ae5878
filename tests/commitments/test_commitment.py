"""The commitment: signed once for each version, kept, sealed, printable; a new text asks again."""

from copy import deepcopy
from dataclasses import replace

import pytest
import sqlalchemy as sa

from checkin import clock, context
from checkin.commitments import queries, service, texts
from checkin.commitments.models import Commitment
from checkin.db import db
from checkin.errors import AccessDenied
from tests import cast, factories
from tests.conftest import NOW
from tests.venues.pages import press, register
from tests.worlds import inside

SIGN = {"version": "2026-01-01", "signer": "Nguyễn Văn Bình", "office": "Chủ quán", "agree": "y"}


@pytest.fixture
def page(client):
    return f"{register(client).location}/commitment"


def test_it_is_signed_with_version_and_day_and_shown_to_be_printed(world, client, page):
    assert "Dán mã của cơ sở ở mọi lối vào" in client.get(page).text
    assert press(client, page, page, **SIGN).status_code == 302
    shown = client.get(page).text
    assert "Nguyễn Văn Bình (Chủ quán)" in shown and "Bản 2026-01-01" in shown and "10:30 20/11/2026" in shown
    assert "Ký cam kết</button>" not in shown and "data-print" in shown
    with clock.fixed(NOW), inside(world.app()):
        stored = db.session().execute(sa.text("SELECT * FROM commitment")).one()
        assert "Bình" not in str(stored) and b"B\xc3\xacnh" not in bytes(stored.signer)
        log = db.session().execute(sa.text("SELECT * FROM audit")).all()
    assert "Nguyễn Văn Bình" not in str(log) and "commitment.sign" in str(log)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"signer": ""}, "Ghi họ tên của bạn."),
        ({"signer": "123"}, "Ghi họ tên của bạn."),
        ({"signer": "x" * 121}, "Dài quá"),
        ({"office": "x" * 81}, "Dài quá"),
        ({"agree": ""}, "Đánh dấu vào ô này để ký."),
        ({"version": "2020-01-01"}, "Bản cam kết vừa được thay."),
        ({"version": ""}, "Bản cam kết vừa được thay."),
    ],
)
def test_it_rejects_what_is_no_signature(world, client, page, changes, why):
    answer = press(client, page, page, **{**SIGN, **changes})
    assert answer.status_code == 422 and why in answer.text
    with inside(world.app()):
        assert db.session().scalars(sa.select(Commitment)).all() == []


def test_a_new_version_asks_again_and_what_was_signed_stays_as_it_was(client, page, monkeypatch):
    press(client, page, page, **SIGN)
    old = context.rules

    def newer(day):
        rules = old(day)
        if day < clock.today():
            return rules
        sections = deepcopy(dict(rules.sections))
        sections["commitment"]["version"] = "2026-12-01"
        sections["commitment"]["vi"]["items"] = ["Điều hoàn toàn mới."]
        return replace(rules, sections=sections)

    monkeypatch.setattr(context, "rules", newer)
    with clock.fixed(NOW.replace(day=30)):
        shown = client.get(page).text
        assert "Có bản mới" in shown and "Điều hoàn toàn mới." in shown
        assert "Dán mã của cơ sở ở mọi lối vào" in shown and "Nguyễn Văn Bình" in shown
        press(client, page, page, **SIGN | {"version": "2026-12-01", "signer": "Trần Thị Chi"})
        assert "Có bản mới" not in client.get(page).text


def test_nobody_signs_for_anothers_venue_and_a_former_owners_signature_is_not_the_new_ones(session, vault):
    binh, chi = (factories.account(session, vault, "owner", who) for who in (cast.OWNER, cast.OUTSIDER))
    venue = factories.venue(session, vault, owner=binh)
    what = {"now": NOW, "venue": venue, "version": "2026-01-01", "name": "x", "office": ""}
    with pytest.raises(AccessDenied):
        service.sign(session, vault, actor=chi.actor, **what)
    service.sign(session, vault, actor=binh.actor, **what)
    factories.set_owner(session, binh)
    assert venue.id in queries.signed(session, [venue.id])
    venue.owner_id = chi.id
    session.flush()
    factories.set_owner(session, chi)
    assert queries.signed(session, [venue.id]) == {}


GOOD = {"version": "2026-01-01", "vi": {"title": "a", "towards": "b", "items": ["c"]}, "en": {"title": "a", "towards": "b", "items": ["c"]}}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"en": {"title": "a", "towards": "b", "items": []}},
        {"en": {"title": "a", "towards": "b", "items": ["c", "d"]}},
        {"en": {"title": "", "towards": "b", "items": ["c"]}},
        {"vi": {}},
        {"version": "from New Year's Day on"},
    ],
)
def test_a_text_that_cannot_be_used_stops_the_start(change):
    texts.check(GOOD)
    with pytest.raises((ValueError, KeyError)):
        texts.check({**GOOD, **change})
