import pytest

from checkin import beside
from checkin.db import db
from checkin.register import jobs
from tests import cast, factories
from tests.worlds import inside, vault_of

TRAM_HA_TU = ("tram@hatu", "trạm y tế phường Hà Tu")


class Office:
    """The staff tier, with its role, and two who import: an administrator and the station of Hà Tu."""

    def __init__(self, world):
        self.world, self.app, self.started = world, world.app("staff"), []
        with inside(world.app()):
            session, vault = db.session(), vault_of(world.app())
            factories.account(session, vault, "admin", cast.ADMIN)
            factories.account(session, vault, "commune", TRAM_HA_TU, factories.HA_TU)
            factories.commit()

    def browser(self, who):
        client = self.app.test_client()
        factories.sign_in(client, who)
        return client

    def send(self, client, body, name="so.csv"):
        """Send a file; the answer."""
        token, line = factories.token(client, "/register/"), "--edge"
        # By hand: the client of the tests would put what is large into a temporary file and leave it open.
        head = f'{line}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n{line}\r\n'
        head += f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        whole = head.encode() + body + f"\r\n{line}--\r\n".encode()
        return client.post("/register/", data=whole, content_type="multipart/form-data; boundary=edge")

    def post(self, client, page, what, **fields):
        answer = client.post(f"{page}/{what}", data={"csrf_token": factories.token(client, page), **fields})
        assert answer.status_code == 303, answer.text
        self.work()
        return client.get(page).text

    def work(self):
        """What the process beside does."""
        with inside(self.app):
            return jobs.work_through()

    def checked(self, client, body, name="so.csv"):
        """Send a file and have it looked through; its page, and what it shows."""
        page = self.send(client, body, name).location
        self.work()
        return page, client.get(page).text


@pytest.fixture
def office(world, monkeypatch):
    made = Office(world)
    monkeypatch.setattr(beside, "start", lambda _config, *command: made.started.append(command))
    return made
