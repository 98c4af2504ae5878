"""Notices as a JSON Feed 1.1 (jsonfeed.org/version/1.1); place, window and severity stand in `_notice`."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext

from checkin import clock
from checkin.notices.queries import Public, Where
from checkin.notices.words import ADVICE, SEVERITY_NAMES


def written(
    notices: Iterable[Public], where: Mapping[UUID, Where], *, now: datetime, language: str,
    address: Callable[[str], str], own: str,
) -> str:  # fmt: skip
    """The feed in the reader's language; `address` gives that of a notice by its number, and of the list by ""."""
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": str(gettext("Thông báo khẩn")),
            "home_page_url": address(""),
            "feed_url": own,
            "language": language,
            "items": [
                _item(one, where[one.id], now, language, address(one.number)) for one in notices if one.id in where
            ],
        },
        ensure_ascii=False,
        indent=1,
    )


def _item(notice: Public, where: Where, now: datetime, language: str, url: str) -> dict[str, Any]:
    english = language != "vi"
    words = (english and notice.words_en) or notice.words_vi
    withdrawn = (english and notice.withdrawn_en) or notice.withdrawn_vi
    place = " – ".join(name for name in (where.name, where.zone) if name)
    item: dict[str, Any] = {
        "id": url,
        "url": url,
        "title": f"{SEVERITY_NAMES[notice.severity]}: {place}, {where.commune}",
        "content_text": " ".join(str(text) for text in (ADVICE[notice.severity], words, withdrawn) if text),
        "_notice": {
            "number": notice.number,
            "state": notice.state_at(now),
            "severity": notice.severity,
            "from": clock.local_text(notice.start),
            "to": clock.local_text(notice.end),
            "venue": where.name,
            "zone": where.zone,
            "commune": where.commune,
            "commune_code": where.commune_id,
        },
    }
    if notice.published_at and notice.expires_at:
        item["date_published"] = clock.local_text(notice.published_at)
        item["_notice"]["expires"] = clock.local_text(notice.expires_at)
    if notice.withdrawn_at:
        item["date_modified"] = clock.local_text(notice.withdrawn_at)
    return item
