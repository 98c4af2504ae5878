"""The epidemic curve: who counts on which day, and the page that draws it."""

from collections import Counter
from datetime import date, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkin import clock
from checkin.cases import queries, service
from checkin.cases.models import STATES, Case
from checkin.cases.service import CaseFacts
from checkin.db import db
from tests import cast, factories
from tests.conftest import NOW
from tests.worlds import inside, vault_of

TODAY = clock.to_local(NOW).date()
DAYS = st.none() | st.integers(-3, 31).map(lambda back: TODAY - timedelta(days=back))


def opened(session, onset=None, sample=None, state="confirmed", disease="covid-19"):
    facts = CaseFacts(title="Ca thử", disease=disease, state=state, onset_on=onset, sample_on=sample)
    return service.open_case(session, now=NOW, actor=factories.SYSTEM, facts=facts)


@given(
    told=st.lists(st.tuples(DAYS, DAYS, st.sampled_from(STATES), st.sampled_from(["covid-19", "measles"])), max_size=8)
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_case_counts_once_on_the_day_it_began(session, told):
    first = TODAY - timedelta(days=27)
    for onset, sample, state, disease in told:
        opened(session, onset, sample, state, disease)
    expected: dict[str, Counter[date]] = {}
    for onset, sample, state, disease in told:
        begun = sample if onset is None else onset
        if state != "discarded" and begun is not None and first <= begun <= TODAY:
            expected.setdefault(disease, Counter())[begun] += 1
    assert queries.by_day(session, first, TODAY) == expected
    session.rollback()


def test_the_page_draws_a_curve_for_each_disease_with_its_numbers_beside_it(world, client):
    app = world.app()
    with inside(app):
        session = db.session()
        factories.account(session, vault_of(app), "cdc", cast.CDC)
        for _ in range(3):
            opened(session, TODAY - timedelta(days=2))
        opened(session, None, TODAY)
        opened(session, TODAY, state="discarded")
        factories.commit()
    factories.sign_in(client, cast.CDC)
    page = client.get("/cases/").text
    assert "COVID-19: ca theo ngày khởi phát" in page and "28 ngày qua: 4 ca" in page
    assert page.count('<th scope="row">') == 28
    drawn = page[page.index('<svg class="broad') :]
    assert drawn[: drawn.index("</svg>")].count("<rect x=") == 2
    two_days_ago, today = (f"{day:%d/%m}" for day in (TODAY - timedelta(days=2), TODAY))
    assert f'<tr><th scope="row">{two_days_ago}</th><td class="n">3</td></tr>' in page
    assert f'<tr><th scope="row">{today}</th><td class="n">1</td></tr>' in page
    with inside(app):
        db.session.execute(Case.__table__.update().values(state="discarded"))
        factories.commit()
    assert "ca theo ngày khởi phát" not in client.get("/cases/").text
