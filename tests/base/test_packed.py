"""Style sheets and scripts are sent packed, and pages never."""

import gzip

import pytest

from checkin.config import ROOT

TAKES = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.fixture
def client(sqlite):
    return sqlite.app().test_client()


@pytest.mark.parametrize("name", ["css/base.css", "js/desk.js"])
def test_a_style_sheet_and_a_script_are_packed_for_who_takes_it_so_and_are_what_they_were(client, name):
    whole = (ROOT / "static" / name).read_bytes()
    with client.get(f"/static/{name}", headers=TAKES) as packed, client.get(f"/static/{name}") as plain:
        assert packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.data) == whole == plain.data
        assert len(packed.data) < len(whole) / 2 and int(packed.headers["Content-Length"]) == len(packed.data)
        assert "Content-Encoding" not in plain.headers
        # Nothing else: with each new cookie the browser would ask again.
        assert packed.headers.getlist("Vary") == plain.headers.getlist("Vary") == ["Accept-Encoding"]
        assert packed.headers["Cache-Control"] == plain.headers["Cache-Control"]
        again = {**TAKES, "If-None-Match": packed.headers["ETag"]}
    with client.get(f"/static/{name}", headers=again) as answer:
        assert answer.status_code == 304 and not answer.data
    with client.get(f"/static/{name}", headers={**TAKES, "Range": "bytes=0-9"}) as part:
        assert part.status_code == 206 and part.data == whole[:10]


def test_no_page_and_no_picture_is_packed(client):
    for path in ("/", "/privacy", "/sign-in", "/me/data.json", "/static/img/desk-192.png", "/nothing"):
        with client.get(path, headers=TAKES) as answer:
            assert "Content-Encoding" not in answer.headers, path


def test_the_worker_with_all_that_it_keeps_is_small(client):
    answer = client.get("/visitor-worker.js?lang=vi", headers=TAKES)
    assert answer.headers["Content-Encoding"] == "gzip" and len(answer.data) < 20_000
