"""What a phone posts at /declare."""

import re

from tests import cast

JOURNEY = {
    "enter": {"day": "2026-11-20", "from_place": "Hải Phòng", "vehicle": "coach", "plate": "14B-123.45", "seat": "12A"},
    "leave": {"day": "20/11/2026", "to_place": "Hà Nội", "vehicle": "car"},
    "return": {"day": "2026-12-05", "from_place": "Bình Dương", "vehicle": "train", "doses": "2"},
    "ill": {"symptoms": None, "symptom": ["cough"]},
}


def fields(kind, **changes):
    """A whole form of a kind, every answer no (who is ill coughs); a field that is None is left out."""
    asked = {"contact_abroad": "no", "contact_signs": "no", "province": None}
    return cast.form(**{**asked, **JOURNEY[kind], **changes})


def submission(client, kind):
    """The submission of a page that was just opened."""
    return re.search(r'name="submission" value="([^"]+)"', client.get(f"/declare/{kind}").text)[1]


def send(client, kind="ill", **changes):
    """Open the page and send it."""
    posted = fields(kind, **changes)
    posted.setdefault("submission", submission(client, kind))
    return client.post(f"/declare/{kind}", data=posted)
