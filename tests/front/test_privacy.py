"""What visitors are told of their data: one text, the figures of the rules in force, a document that is fresh."""

import re
from dataclasses import replace

import pytest

from checkin import clock
from checkin.front import privacy
from checkin.me.telling import HIDDEN
from checkin.store.retention import SUBMISSIONS_KEPT
from checkin.visits.device import KEPT
from tests import factories
from tests.conftest import NOW
from tests.worlds import inside

# What each figure of the text is, and where it is decided.
FIGURES = {"vi": r"(\d+)\*{0,2} ngày", "en": r"(\d+)\*{0,2} (?:working )?days"}


def figures(app):
    """Every number of days that the rules promise, in the order of the text."""
    rules = factories.rules(app)
    rights = rules["rights"]
    answers = [rights["answer_days"][kind] for kind in ("see", "correct", "withdraw", "delete", "complain")]
    return [
        KEPT.days,
        rules.retention_days,
        # Of journeys, from their day on, of answers to a notice, and of what a notice said before it went out.
        rules.retention_days,
        rules.retention_days,
        rules.retention_days,
        rules["cards"]["unused_days"],
        rules["cards"]["revoked_days"],
        SUBMISSIONS_KEPT.days,
        rights["kept_days"],
        HIDDEN.days,
        rights["acknowledge_working_days"],
        *answers,
    ]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_figure_of_page_and_document_is_that_of_the_rules(sqlite, language):
    app = sqlite.app()
    with clock.fixed(NOW):
        page = app.test_client().get(f"/privacy?lang={language}").text
    shown = re.findall(FIGURES[language], re.sub(r"<[^>]+>", "", page))
    assert list(map(int, shown)) == figures(app)
    document = privacy.DOCUMENT.read_text(encoding="utf-8")
    part = document.split("\n---\n")[["vi", "en"].index(language)]
    assert list(map(int, re.findall(FIGURES[language], part))) == figures(app)


def test_the_document_is_fresh(sqlite):
    with inside(sqlite.app()):
        assert privacy.DOCUMENT.read_text(encoding="utf-8") == privacy.document(), (
            "run 'flask --app wsgi privacy write'"
        )


def test_other_rules_show_on_the_page(sqlite):
    app = sqlite.app()
    links = {"me_url": "/me", "rights_url": "/rights"}
    rules = factories.rules(app)
    longer = replace(rules, sections={**rules.sections, "lookback": {"declared_days": 14, "retention_days": 28}})
    with app.test_request_context():
        config = app.extensions["checkin_config"]
        assert "<strong>28 ngày</strong>" in privacy.page("vi", longer, config, links)
        assert "<strong>28 days</strong>" in privacy.page("en", longer, config, links)


def test_a_name_from_the_settings_is_text(sqlite):
    app = sqlite.app()
    config = replace(app.extensions["checkin_config"], cdc_name="<b>CDC</b> [x](javascript:alert(1))")
    links = {"me_url": "/me", "rights_url": "/rights"}
    with app.test_request_context():
        page = privacy.page("vi", factories.rules(app), config, links)
    assert "<b>CDC" not in page
    assert 'href="javascript' not in page


def test_both_languages_say_the_same_things_in_the_same_order():
    shapes = [
        [
            line[:2]
            for line in (privacy.ROOT / "templates" / "front" / f"privacy.{code}.md").read_text("utf-8").split("\n")
        ]
        for code in ("vi", "en")
    ]
    kinds = [[mark for mark in shape if mark in {"# ", "##", "- ", "| "}] for shape in shapes]
    assert kinds[0] == kinds[1]


def test_the_page_leads_to_the_own_page_and_to_the_request(sqlite):
    public, staff = (sqlite.app(tier).test_client().get("/privacy").text for tier in ("public", "staff"))
    for path in ("/me/", "/rights/"):
        assert f'href="{path}"' in public
        assert f'href="{path}"' not in staff
    assert 'href="http://localhost:8000/rights"' in staff
