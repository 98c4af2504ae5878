"""What tests of an owner's pages type and press."""

import re

from tests import cast, factories

FORM = {
    "with": "venue", "name": "Quán phở Bình", "kind": "food", "commune": factories.HA_TU, "address": "Số 5, phố Kim Hoàn",
    "login": cast.OWNER[0], "password": cast.OWNER[1],
}  # fmt: skip
VENUE = {
    "name": "Quán phở Bình", "kind": "food", "commune": factories.HA_TU, "address": "Số 5, phố Kim Hoàn",
    "phone": "0203 3 825 499",
}  # fmt: skip


def register(client, **changes):
    """Send the page on which an owner registers with a venue."""
    fields = {**FORM, "csrf_token": factories.token(client, "/sign-up"), **changes}
    return client.post("/sign-up", data=fields)


def add(client, **changes):
    """Send the page of a further venue of an owner who is signed in."""
    fields = {**VENUE, "csrf_token": factories.token(client, "/venues/new"), **changes}
    return client.post("/venues/new", data=fields)


def press(client, page, action, **fields):
    """Send a form of a page."""
    return client.post(action, data={"csrf_token": factories.token(client, page), **fields})


def codes_on(html):
    """The codes that a page shows, in the order of the page."""
    return [code.replace("-", "") for code in re.findall(r'<span class="code"[^>]*>([A-Z0-9-]+)</span>', html)]
