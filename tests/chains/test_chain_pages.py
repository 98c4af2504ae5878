"""Who infected whom: put down by one officer, suggested by the tracing of the source, read and corrected by another one."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from checkin import clock
from checkin.audit.models import AuditEntry
from checkin.cases.models import Case
from checkin.chains import service
from checkin.chains.models import Infection
from checkin.chains.service import Told
from checkin.chains.tree import MOST
from checkin.db import db
from checkin.errors import DomainError
from checkin.ids import new_id
from tests import cast, factories
from tests.conftest import NOW
from tests.exposure.test_case_pages import linked
from tests.exposure.test_source_pages import day, opened, trace
from tests.worlds import inside, vault_of

HOUR = timedelta(hours=1)
SECOND = ("minh@cdc", cast.CDC[1])


def prepare(world, tier="all"):
    """Two officers; a market, a pier and four cases, the last one of another disease."""
    app = world.app()
    with clock.fixed(NOW), inside(app):
        session, vault = db.session(), vault_of(app)
        for officer in (cast.CDC, SECOND):
            factories.account(session, vault, "cdc", officer)
        market = factories.venue(session, vault, "Chợ Hạ Long 1", kind="market")
        factories.venue(session, vault, "Bến phà", kind="station")
        factories.check_in(app, session, vault, market, cast.healthy(), at=NOW - 4 * 24 * HOUR)
        factories.check_in(app, session, vault, market, cast.healthy(cast.NEIGHBOUR), at=NOW - 4 * 24 * HOUR)
        for _ in range(4):
            factories.case(session)
        session.scalars(sa.select(Case).where(Case.seq == 4)).one().disease = "measles"
        factories.commit()
    return world


@pytest.fixture
def town(sqlite):
    return prepare(sqlite)


def officer(world, login=cast.CDC, tier="all"):
    client = world.app(tier).test_client()
    factories.sign_in(client, login)
    return client


def tell(client, case, seen="0", **fields):
    fields = {"source": "", "venue": "", "reason": "Cùng bàn ăn", **fields}
    return client.post(
        f"/chains/{case}/source", data={"csrf_token": factories.token(client, "/lookup/"), "seen": seen, **fields}
    )


def test_what_one_officer_puts_down_stands_in_the_picture_and_table_of_another_one(town):
    with clock.fixed(NOW):
        first, second = officer(town), officer(town, SECOND)
        assert "Chưa có chuỗi lây nào" in second.get("/chains/").text
        assert tell(first, "F0-0002", source="f0-1", place="venue", venue="chợ hạ long").status_code == 303
        answer = tell(first, "F0-0003", source="F0-0002", place="outside")
        assert answer.location == "/chains/F0-0001"
        html = second.get("/chains/").text
        assert "Chuỗi lây từ ca F0-0001" in html and "3 ca, 3 thế hệ" in html and "Ngoài tỉnh" in html
        picture = html[html.index('<svg class="chain') : html.index('<svg class="chain narrow')]
        assert [f"F0-000{number}" in picture for number in (1, 2, 3, 4)] == [True, True, True, False]
        assert picture.count("<path") == 2 and "style=" not in picture and "Chợ Hạ Long 1" in html
        assert "<title" in picture and "<desc" in picture
        part = second.get("/chains/F0-0002").text
        assert "2 ca, 2 thế hệ" in part and "Ca đầu của hình nhiễm từ F0-0001" in part
        assert cast.CITIZEN.full_name not in html


def test_it_is_corrected_by_another_officer_and_what_was_said_before_stays_beneath(town):
    with clock.fixed(NOW):
        first, second = officer(town), officer(town, SECOND)
        tell(first, "F0-0002", source="F0-0001", place="unknown")
        page = second.get("/chains/F0-0002/source").text
        assert 'value="F0-0001"' in page and factories.hidden(page, "seen") == "1"
        assert tell(second, "F0-0002", "0", source="F0-0003", place="unknown").status_code == 409
        assert tell(second, "F0-0002", "1", source="F0-0003", place="province", reason="Lời kể mới").status_code == 303
        said = first.get("/chains/F0-0002/source").text
        assert "từ ca F0-0003" in said and "từ ca F0-0001" in said and "Lời kể mới" in said
        assert "2 ca, 2 thế hệ" in first.get("/chains/F0-0003").text
        assert "Chưa ghi ca này nhiễm từ ai" in first.get("/chains/F0-0001").text
        assert tell(second, "F0-0002", "2", place="none", reason="Nhầm ca").status_code == 303
        assert "Chưa có chuỗi lây nào" in first.get("/chains/").text
    with inside(town.app()):
        entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "case.infected")).all()
        assert [(one.case_number, one.reason) for one in entries] == [
            ("F0-0002", "Cùng bàn ăn"), ("F0-0002", "Lời kể mới"), ("F0-0002", "Nhầm ca"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"source": "F0-0002", "place": "unknown"}, "Ca không tự lây cho mình"),
        ({"source": "F0-0004", "place": "unknown"}, "Ca kia mắc bệnh khác"),
        ({"source": "F0-9999", "place": "unknown"}, "Không có ca nào mang số này"),
        ({"place": ""}, "Chọn nơi"),
        ({"place": "venue"}, "Ghi tên hoặc mã địa điểm"),
        ({"place": "venue", "venue": "Chùa Ba Vàng"}, "Không có địa điểm nào"),
        ({"place": "outside", "venue": "Chợ Hạ Long 1"}, "Chỉ ghi địa điểm khi chọn"),
        ({"source": "F0-0001", "place": "none"}, "Gỡ thì để trống ca nguồn"),
        ({"place": "outside", "reason": ""}, "Ghi vì sao nghĩ vậy"),
        ({"place": "outside", "reason": "x" * 301}, "Dài quá"),
        ({"source": "F0-0005" * 9, "place": "outside"}, "Dài quá"),
    ],
)
def test_what_cannot_be_so_is_refused_beside_its_field(town, fields, says):
    with clock.fixed(NOW):
        answer = tell(officer(town), "F0-0002", **fields)
    assert answer.status_code == 422 and says in answer.text
    with inside(town.app()):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Infection)) == 0


def test_nobody_was_infected_by_whom_they_infected_however_many_lie_between(town):
    with clock.fixed(NOW):
        client = officer(town)
        tell(client, "F0-0002", source="F0-0001", place="unknown")
        tell(client, "F0-0003", source="F0-0002", place="unknown")
        answer = tell(client, "F0-0001", source="F0-0003", place="unknown")
    assert answer.status_code == 422 and "nhiễm từ ca này, trực tiếp hoặc qua ca khác" in answer.text


def test_a_source_that_was_discarded_since_is_said_anew(town):
    with clock.fixed(NOW):
        client = officer(town)
        tell(client, "F0-0002", source="F0-0001", place="unknown")
        with inside(town.app()):
            db.session.scalars(sa.select(Case).where(Case.seq == 1)).one().state = "discarded"
            factories.commit()
        page = client.get("/chains/F0-0002/source")
        assert page.status_code == 200 and 'value="F0-0001"' not in page.text
        assert tell(client, "F0-0002", seen="1", source="F0-0003", place="unknown").status_code == 303


def test_of_a_long_chain_as_many_cases_are_read_as_are_shown_and_the_others_are_a_step_away(town):
    with clock.fixed(NOW), inside(town.app()):
        session = db.session()
        first, second, *_ = session.scalars(sa.select(Case).order_by(Case.seq)).all()
        after = [factories.case(session) for _ in range(MOST + 20)]
        # Half were infected by the first case, half by the second one, and that one by the first.
        for place, one in enumerate([second, *after]):
            source = second if place > MOST / 2 else first
            session.add(
                Infection(
                    case_id=one.id, number=1, source_id=source.id, place="unknown", reason="x", at=NOW,
                    account_id=new_id(NOW), by_name="x",
                )
            )  # fmt: skip
        factories.commit()
    with clock.fixed(NOW):
        client = officer(town)
        whole, part = client.get("/chains/").text, client.get("/chains/F0-0002").text
    assert f"{MOST + 22} ca, 3 thế hệ" in whole and f"{MOST} ca đầu trong {MOST + 22} ca" in whole
    assert whole.count('<th scope="row"') == MOST + 1  # and one in the list of chains
    assert f"{MOST // 2 + 21} ca, 2 thế hệ" in part and "ca đầu trong" not in part


def test_a_discarded_case_is_no_source_and_leaves_the_picture(town):
    with clock.fixed(NOW):
        client = officer(town)
        tell(client, "F0-0002", source="F0-0001", place="unknown")
        with inside(town.app()):
            db.session.scalars(sa.select(Case).where(Case.seq == 1)).one().state = "discarded"
            factories.commit()
        assert "Chưa có chuỗi lây nào" in client.get("/chains/").text
        answer = tell(client, "F0-0003", source="F0-0001", place="unknown")
    assert answer.status_code == 422 and "Ca kia đã loại trừ" in answer.text


def test_the_tracing_of_the_source_suggests_the_case_and_the_place(town):
    with clock.fixed(NOW):
        client = officer(town)
        linked(client)
        with inside(town.app()):
            db.session.scalars(sa.select(Case).where(Case.seq == 1)).one().onset_on = day(-1)
            factories.commit()
        assert opened(client, "0904118226") == "/cases/F0-0005"
        html = client.get(trace(client).location).text
        link = html[html.index("/chains/F0-0001/source") :].split('"')[0].replace("&amp;", "&")
        form = client.get(link).text
        with inside(town.app()):
            venue = db.session.scalars(sa.select(factories.Venue).where(factories.Venue.kind == "market")).one()
            code = factories.code_of(db.session(), venue)
        assert 'value="F0-0005"' in form and f'value="{code}"' in form
        assert tell(client, "F0-0001", source="F0-0005", place="venue", venue=code).location == "/chains/F0-0005"
    for odd in ("from=" + "x" * 500, "at=nichts", "at=00000000-0000-0000-0000-000000000001"):
        with clock.fixed(NOW):
            assert client.get(f"/chains/F0-0001/source?{odd}").status_code == 200


def test_the_service_refuses_what_no_form_sends(app, session, vault):
    officer = factories.account(session, vault, "cdc", cast.CDC).actor
    case, other = factories.case(session), factories.case(session)
    for told in (
        Told(place="moon", reason="x"),
        Told(place="venue", reason="x"),
        Told(place="unknown", reason=""),
        Told(place="none", reason="x", source=other),
    ):
        with pytest.raises(DomainError, match="place"):
            service.tell(session, now=NOW, actor=officer, case=case, told=told, seen=0)


@pytest.mark.postgresql
def test_the_staff_role_puts_a_chain_down_and_cannot_rewrite_it(postgresql):
    prepare(postgresql)
    with clock.fixed(NOW):
        client = officer(postgresql, tier="staff")
        assert tell(client, "F0-0002", source="F0-0001", place="unknown").status_code == 303
        assert "2 ca, 2 thế hệ" in client.get("/chains/").text
        staff = postgresql.app("staff")
        with staff.app_context(), pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            db.session.execute(sa.text("UPDATE infection SET reason = 'x'"))
        with staff.app_context():
            db.session.rollback()
            db.session.remove()
