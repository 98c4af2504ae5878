"""What stands beside a notice: its picture, text messages, who knows of it, drafts of two, corrections taken back."""

import re
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest
import sqlalchemy as sa
from PIL import Image

from checkin import clock
from checkin.accounts.models import Account
from checkin.approvals.overdue import mark_round
from checkin.audit.models import AuditEntry
from checkin.cases import queries as cases
from checkin.contacts import service as contacts
from checkin.contacts.models import Contact
from checkin.db import db
from checkin.ids import new_id
from checkin.messages.models import Message
from checkin.notices.models import Notice
from tests import cast, factories
from tests.conftest import NOW
from tests.notices.street import AN, CAME, CANARIES, DAY, MARKET, MINE, VI
from tests.worlds import inside, vault_of

MINUTE = timedelta(minutes=1)


def rows(street, *what):
    with inside(street.world.app()):
        return [
            tuple(row) for row in db.session.execute(sa.select(*what).order_by(*sa.inspect(what[0].class_).primary_key))
        ]


def states(street):
    return [state for state, _ in sorted(rows(street, Notice.state, Notice.seq), key=lambda row: row[1])]


def text_of(pdf):
    page = pypdfium2.PdfDocument(pdf)[0]
    return " ".join(page.get_textpage().get_text_range().split())


# Pictures.


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_picture_to_send_on_has_its_size_and_a_sheet_its_words(one_street, language):
    street = one_street
    street.out()
    png = street.get("/notices/TB-0001/poster.png", language=language)
    assert png.mimetype == "image/png" and Image.open(BytesIO(png.data)).size == (1080, 1350)
    pdf = street.get("/notices/TB-0001/poster.pdf", language=language).data
    text = text_of(pdf)
    assert MARKET in text and "TB-0001" in text and "localhost" in text
    assert ("Theo dõi sức khoẻ" in text) == (language == "vi")
    assert not [one for one in CANARIES if one in text]
    assert set(re.findall(rb"/BaseFont /(?:\w+\+)?([\w-]+)", pdf)) >= {b"BeVietnamPro-Bold", b"BeVietnamPro-Regular"}
    assert pdf.count(b"/FontFile2") == 2
    svg = street.get("/notices/TB-0001/poster.svg", language=language)
    assert svg.mimetype == "image/svg+xml" and svg.data.startswith(b"<svg")


def test_a_picture_is_of_what_went_out_alone_and_says_when_it_is_over(one_street):
    street = one_street
    page = street.write()
    for form in ("png", "pdf", "svg"):
        assert street.get(f"/notices/TB-0001/poster.{form}").status_code == 404
    assert street.get("/notices/TB-0001/poster.gif").status_code == 404
    street.post(street.hanh, f"{page}/publish", mode="now", reason="Không gọi được hết")
    first = street.get("/notices/TB-0001/poster.png")
    again = (
        street.world.app("public")
        .test_client()
        .get("/notices/TB-0001/poster.png?lang=vi", headers={"If-None-Match": first.headers["ETag"]})
    )
    assert again.status_code == 304 and "max-age=60" in first.headers["Cache-Control"]
    street.post(street.hanh, f"{page}/withdraw", why_vi="Không còn cần nữa.", why_en="")
    text = text_of(street.get("/notices/TB-0001/poster.pdf").data)
    assert "ĐÃ RÚT LẠI" in text


# Text messages.


@pytest.fixture
def called(street, monkeypatch):
    """A notice that is out, and four people to call: two whom nobody reached, with one phone, one reached by nobody
    yet, and one without a number; and a gateway."""
    page = street.out()
    app = street.world.app()
    gate = replace(app.extensions["checkin_config"], sms_gateway_url="http://127.0.0.1:9/sms")
    monkeypatch.setitem(app.extensions, "checkin_config", gate)
    with inside(app):
        session, vault, case = db.session(), vault_of(app), street.case(db.session())
        officer = cases_actor(session)
        given = [
            contacts.Given(
                new_id(NOW), factories.HA_TU, NOW.date(),
                {"full_name": name, "phone": phone, "birth_year": 1980, "home": "", "met": []},
            )
            for name, phone in (("Một", "0904 118 226"), ("Hai", "0904118226"), ("Ba", "0912 345 671"), ("Bốn", ""))
        ]  # fmt: skip
        how = {"now": NOW, "actor": officer, "rules": factories.rules(app)}
        contacts.assign(session, vault, case=case, people=given, **how)
        for one in session.scalars(sa.select(Contact)).all():
            name = vault.open(one.details)["full_name"]
            if name != "Ba":
                contacts.called(
                    session, vault, contact=one, result="not_reached", answers={}, note="", **how
                )  # fmt: skip
        factories.commit()
    return street, f"{page}/texts"


def cases_actor(session):
    return session.scalars(sa.select(Account).where(Account.role == "cdc")).first().actor


def ticks(page):
    return re.findall(r'name="person" value="([0-9a-f-]{36})"', page)


def test_whom_nobody_reached_gets_one_message_without_a_link_for_one_notice(called):
    street, page = called
    shown = street.an.get(page).text
    assert "Một" in shown and "Hai" in shown and "Ba<" not in shown and "không có số" in shown
    assert street.post(street.an, page, person=ticks(shown)).status_code == 303
    after = street.an.get(page).text
    assert "Đã chuyển 1 tin nhắn đi" in after and after.count("đã nhắn") >= 2 and not ticks(after)
    street.post(street.an, page, person=ticks(shown))
    messages = rows(street, Message.about, Message.channel, Message.audience, Message.sealed)
    assert [row[:3] for row in messages] == [("notice", "sms", "staff")]
    letter = vault_of(street.world.app()).unlock("staff", bytes(messages[0][3]))
    assert letter["to"] == "+84904118226" and MARKET in letter["text"] and "http" not in letter["text"]
    assert not [one for one in CANARIES if one in letter["text"]]
    log = [
        row[1:]
        for row in rows(street, AuditEntry.action, AuditEntry.subject, AuditEntry.rows)
        if row[0] == "notice.text"
    ]
    assert log == [("TB-0001", 1), ("TB-0001", 0)]
    assert "Tin nhắn SMS đã chuyển đi: 1" in street.an.get(page.removesuffix("/texts")).text


def test_without_a_gateway_the_page_says_so_and_nothing_is_sent(one_street):
    street = one_street
    page = street.out()
    shown = street.hanh.get(f"{page}/texts").text
    assert "Chưa nối cổng tin nhắn" in shown and "Không có ai chưa gọi được" in shown
    street.post(street.hanh, f"{page}/texts", person="00000000-0000-7000-8000-000000000000")
    assert rows(street, Message.id) == []


# The station of the place.


def test_the_station_of_the_place_confirms_and_the_cdc_sees_who_and_when(street):
    page = street.out()
    app = street.world.app()
    with inside(app):
        for who, commune in ((cast.COMMUNE, factories.HONG_GAI), (("tram@kia", cast.COMMUNE[1]), factories.HA_TU)):
            factories.account(db.session(), vault_of(app), "commune", who, commune)
        factories.commit()
    ours, theirs = street.signed_in(cast.COMMUNE), street.signed_in(("tram@kia", cast.COMMUNE[1]))
    assert "chưa báo đã nhận: </span>1" in ours.get("/station/").text
    assert MARKET not in theirs.get("/station/notices/").text
    listed = ours.get("/station/notices/").text
    assert VI in listed and not [one for one in CANARIES[:2] if one in listed]
    action = re.search(r'action="(/station/notices/[^"]+)"', listed)[1]
    token = factories.token(ours, "/station/notices/")
    foreign = theirs.post(action, data={"csrf_token": factories.token(theirs, "/station/notices/")})
    assert foreign.status_code in {400, 404}
    with clock.fixed(NOW + MINUTE):
        for _ in range(2):
            assert ours.post(action, data={"csrf_token": token}).status_code == 303
        for seen in (street.hanh.get(page).text, street.hanh.get("/notice/").text):
            assert cast.COMMUNE[0] in seen
    assert [row for row in street.log() if row[0] == "notice.receive"] == [
        ("notice.receive", cast.COMMUNE[0], "TB-0001")
    ]
    assert (
        "báo đã nhận lúc" in ours.get("/station/notices/").text and "chưa báo đã nhận" not in ours.get("/station/").text
    )


def test_the_list_of_all_notices_has_drafts_too_and_each_state(one_street):
    street = one_street
    assert "Chưa có thông báo nào" in street.hanh.get("/notice/").text
    street.out()
    street.write()
    with clock.fixed(NOW + 15 * DAY):
        listed = street.signed_in(AN).get("/notice/").text
    assert "Đã hết hạn" in listed and "Bản nháp" in listed and listed.index("TB-0002") < listed.index("TB-0001")


# Drafts of two, and what nobody decided.


def edited(street, page, client, seen, **words):
    form = client.get(f"{page}/edit").text
    fields = {name: factories.hidden(form, name) for name in ("csrf_token", "start", "end")}
    fields |= {"place": "draft", "severity": "test", "words_en": "", "seen": seen, **words}
    return client.post(f"{page}/edit", data=fields)


def test_of_two_who_write_one_draft_the_second_sees_what_the_first_wrote_and_keeps_what_was_typed(street):
    page = street.write()
    assert edited(street, page, street.hanh, "1", words_vi="Lời của Hạnh").status_code == 303
    late = edited(street, page, street.an, "1", words_vi="Lời của An")
    assert late.status_code == 409
    assert "Lời của Hạnh" in late.text and "Lời của An" in late.text and "vừa lưu bản khác" in late.text
    assert factories.hidden(late.text, "seen") == "2"
    asked = street.post(street.an, f"{page}/publish", mode="now", reason="Không gọi được hết", seen="1")
    assert asked.status_code == 409 and "vừa được người khác sửa" in asked.text and states(street) == ["draft"]
    assert edited(street, page, street.an, "2", words_vi="Lời của An").status_code == 303
    assert "Lời của An" in street.hanh.get(page).text and "an@cdc" in street.hanh.get(page).text
    for wrong in ("", "x", "²", "99999999"):
        assert edited(street, page, street.an, wrong, words_vi="Sai").status_code == 409


def test_what_nobody_decided_in_time_is_a_draft_that_can_be_written_anew(street):
    page = street.write()
    street.post(street.hanh, f"{page}/publish", mode="ask", reason="Không gọi được hết")
    assert street.hanh.get(f"{page}/edit").status_code == 303
    later = NOW + 4 * DAY
    with clock.fixed(later):
        with inside(street.world.app()):
            mark_round(db.session())
            db.session.commit()
        hanh = street.signed_in(cast.CDC)
        shown = hanh.get(page).text
        assert "Hết hạn chờ duyệt" in shown and "Bản nháp" in shown and "Sửa bản nháp" in shown
        assert edited(street, page, hanh, "1", words_vi="Viết lại").status_code == 303
    assert states(street) == ["draft"]


# A correction that is refused afterwards.


def corrected(street):
    """A notice that was approved, and its correction, let out at once."""
    first = street.out()
    street.decide(street.an, number=1, do="approve", note="")
    return first, _corrected(street, first)


def _corrected(street, first):
    edit = street.post(street.hanh, f"{first}/correct").location
    page = edit.removesuffix("/edit")
    assert edited(street, page, street.hanh, "1", words_vi="Bản sửa").status_code == 303
    street.post(street.hanh, f"{page}/publish", mode="now", reason="Sửa giờ sai", seen="2")
    assert states(street) == ["withdrawn", "published"]
    return page


def test_where_a_correction_is_refused_what_it_replaced_is_in_force_again(street):
    corrected(street)
    street.decide(street.an, number=2, do="refuse", note="Giờ cũ mới đúng")
    assert states(street) == ["published", "withdrawn"]
    old, new = street.get("/notices/TB-0001").text, street.get("/notices/TB-0002").text
    assert "rút lại" not in old and VI in old
    assert "Thông báo TB-0001 có hiệu lực trở lại" in new and "/notices/TB-0001" in new
    assert street.log()[-2:] == [("notice.withdraw", "an@cdc", "TB-0002"), ("notice.restore", "an@cdc", "TB-0001")]


@pytest.mark.parametrize("how", ["refused", "expired", "withdrawn"])
def test_what_is_over_or_was_refused_itself_does_not_come_back(one_street, how):
    street = one_street
    if how == "refused":
        first = street.out()
        _corrected(street, first)
        street.decide(street.an, number=1, do="refuse", note="Không đúng")
        street.decide(street.an, number=2, do="refuse", note="Cũng không")
    elif how == "expired":
        corrected(street)
        with clock.fixed(NOW + 14 * DAY):
            street.decide(street.signed_in(AN), number=2, do="refuse", note="Muộn")
    else:
        _, page = corrected(street)
        street.post(street.hanh, f"{page}/withdraw", why_vi="Không còn cần nữa.", why_en="")
        street.decide(street.an, number=2, do="refuse", note="Đã rút rồi")
    assert states(street) == ["withdrawn", "withdrawn"]
    assert "có hiệu lực trở lại" not in street.get("/notices/TB-0002").text


# Discarding, and the own page on paper.


def test_who_discards_a_case_is_told_of_its_f1_and_of_what_is_still_out(one_street):
    street = one_street
    app = street.world.app()
    said = "còn hiệu lực hoặc chờ duyệt: 1"
    assert said not in street.hanh.get("/cases/F0-0001").text
    street.out()
    with inside(app):
        session, vault, case = db.session(), vault_of(app), cases.by_number(db.session(), "F0-0001")
        how = {"now": NOW, "actor": cases_actor(session), "rules": factories.rules(app)}
        person = contacts.Given(new_id(NOW), None, NOW.date(), {"full_name": "Một", "met": []})
        contacts.assign(session, vault, case=case, people=[person], **how)
        one = session.scalars(sa.select(Contact)).one()
        contacts.decide(session, vault, contact=one, stage="f1", reason="Người nhà", **how)
        factories.commit()
    page = street.hanh.get("/cases/F0-0001").text
    assert "1 người đang là F1 vì ca này" in page and said in page


def test_the_file_of_the_own_page_lists_notices_too(one_street):
    street = one_street
    street.come(street.market, MINE, CAME + 10 * MINUTE, cast.NEIGHBOUR)
    street.out()
    text = text_of(street.get("/me/data.pdf", MINE).data)
    assert "TB-0001: Đang hiệu lực" in text
    other = text_of(street.get("/me/data.pdf", "e" * 64).data)
    assert "TB-0001" not in other
