"""What visitors are told of their data: one text for each language, with the figures of the rules in force.

The texts are templates of Markdown. The page shows them; `docs/privacy.md` is made of them, in both languages.
"""

from collections.abc import Mapping
from datetime import date

from flask import current_app, render_template
from markdown_it import MarkdownIt
from markupsafe import Markup

from checkin.config import ROOT, Config
from checkin.i18n import LANGUAGES, of_two
from checkin.me.telling import HIDDEN
from checkin.rules import RuleBook, RuleSet
from checkin.store.retention import SUBMISSIONS_KEPT
from checkin.visits.device import KEPT

DOCUMENT = ROOT / "docs" / "privacy.md"
# Raw HTML in a text is shown, not obeyed: names from the settings stand in it.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
NOTE = """<!-- Made by 'flask --app wsgi privacy write' from templates/front/privacy.*.md and the rules: edit those. -->

> For whoever runs this: what stands here about the law was written with care and is no legal advice. A lawyer must
> check both texts before they are used, and again whenever a law or a rule changes.
> / Dành cho nơi vận hành: luật sư phải xem lại cả hai bản trước khi dùng.
"""


def written_in(language: str) -> str:
    """The language of the text that readers of a language get: their own where somebody wrote it."""
    return language if (ROOT / "templates" / "front" / f"privacy.{language}.md").exists() else of_two(language)


def text(language: str, rules: RuleSet, config: Config, links: Mapping[str, str]) -> str:
    """The text in Markdown; `links` are the addresses `me_url` and `rights_url`."""
    return render_template(
        f"front/privacy.{written_in(language)}.md",
        cdc=config.cdc_name,
        # Said of a process that has no key; of the one that has them all it would not be true.
        apart=config.tier != "all",
        hotline=config.hotline,
        days=rules.retention_days,
        device_days=KEPT.days,
        submission_days=SUBMISSIONS_KEPT.days,
        hidden_days=HIDDEN.days,
        request_days=rules["rights"]["kept_days"],
        rights=rules["rights"],
        cards=rules["cards"],
        **links,
    )


def page(language: str, rules: RuleSet, config: Config, links: Mapping[str, str]) -> Markup:
    """The text as HTML."""
    # nosemgrep: markup-of-a-value
    return Markup(_MARKDOWN.render(text(language, rules, config, links)))  # noqa: S704  # nosec B704 - ours


def document() -> str:
    """The content of docs/privacy.md: both languages, the newest rules that come with the product."""
    rules = RuleBook.load(ROOT / "checkin" / "rules" / "data").on(date.max)
    config = Config.from_env({"CHECKIN_TIER": "public"})
    # A document has no address of its own to lead on from; these stand for the province's.
    links = {f"{name}_url": f"https://khaibao.example.vn/{name}" for name in ("me", "rights")}
    with current_app.test_request_context():
        texts = [
            text(language, rules, config, links).strip() for language in LANGUAGES if written_in(language) == language
        ]
    return NOTE + "\n" + "\n\n---\n\n".join(texts) + "\n"
