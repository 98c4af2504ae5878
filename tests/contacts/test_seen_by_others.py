"""What an officer decides and a station hears stands in the file that another officer takes of the same people."""

import csv
import io

import pytest

from checkin.contacts.models import Contact, ContactStep
from tests import cast
from tests.contacts.conftest import AWAY, COLLEAGUE, HERE, THERE
from tests.contacts.conftest import OTHER as OTHER_STATION
from tests.contacts.test_line_lists import rows_of, stored, take

pytestmark = pytest.mark.usefixtures("staff")


def file_of(client, listed, path="/cases/F0-0001/contacts/export"):
    """The lines of a list by the name in them, each by its headings; and the line that says what it is."""
    heads, *lines, last = rows_of(take(client, path, list=listed))
    return {line[heads.index("Họ và tên")]: dict(zip(heads, line, strict=True)) for line in lines}, last[1]


def test_a_decision_of_one_and_a_call_of_a_station_are_in_the_file_that_the_other_takes(given_twice):
    given, officer, other = given_twice, given_twice.signed_in(cast.CDC), given_twice.signed_in(COLLEAGUE)
    before, _ = file_of(other, "call")
    assert set(before) == {HERE, THERE, AWAY} and {line["Kết quả cuộc gọi"] for line in before.values()} == {""}
    given.make_f1(officer, HERE)
    station, page = given.signed_in(OTHER_STATION), given.page(THERE, station=True)
    assert given.act(station, f"{page}/call", seen=1, result="not_reached").status_code == 200
    assert (given.one(HERE).stage, given.one(THERE).stage, given.one(THERE).result) == ("f1", "call", "not_reached")
    assert (
        stored(given, Contact.id == ContactStep.contact_id, ContactStep.by_name == cast.CDC[0], ContactStep.number == 2)
        == 1
    )
    to_call, about = file_of(other, "call")
    assert set(to_call) == {THERE, AWAY} and COLLEAGUE[0] in about and "Số dòng: 2" in about
    assert [to_call[name]["Kết quả cuộc gọi"] for name in (THERE, AWAY)] == ["Chưa gọi được", ""]
    for path in ("/cases/F0-0001/contacts/export", "/cases/export"):
        f1s, _ = file_of(other, "f1", path)
        assert set(f1s) == {HERE}
        assert (f1s[HERE]["Là"], f1s[HERE]["Cách ly từ"], f1s[HERE]["Cách ly đến"]) == (
            "F1",
            "20/11/2026",
            "04/12/2026",
        )
    godata = take(other, list="traced", columns="godata").get_data(as_text=True)
    (line,) = csv.DictReader(io.StringIO(godata))
    assert HERE in line.values() and "F1" in line.values()
    # Taken back by the other one, the first one's file has them to be called again.
    given.act(other, f"{given.page(HERE)}/decide", seen=2, stage="call", reason="Gọi lại từ đầu")
    assert given.one(HERE).stage == "call" and given.one(HERE).stage_by_name == COLLEAGUE[0]
    assert (set(file_of(officer, "f1")[0]), set(file_of(officer, "call")[0])) == (set(), {HERE, THERE, AWAY})
