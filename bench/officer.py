"""An officer of the CDC at the staff server: signs in, asks and reads, one request after the other."""

import http.client
import re
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clocktime
from urllib.parse import urlencode

from checkin import clock
from checkin.accounts import service as accounts
from checkin.audit.entry import Actor
from checkin.db import db
from tests.worlds import World, inside, vault_of

LOGIN, PASSWORD = "bench@cdc", "mật khẩu dài của máy đo"
REASON = "Đo tốc độ tra cứu, không phải điều tra"


@dataclass(frozen=True)
class Answer:
    """What came back; `first` and `took` are seconds until the first byte of the body and until its last."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    first: float
    took: float


def enrol(world: World, login: str = LOGIN, role: str = "cdc", commune_id: str | None = None) -> None:
    """Give somebody of the staff an account; the officer of the CDC by itself."""
    app = world.app()
    with inside(app):
        accounts.create(
            db.session(),
            vault_of(app),
            now=clock.now(),
            actor=Actor.command("bench"),
            login=login,
            password=PASSWORD,
            role=role,
            commune_id=commune_id,
        )
        db.session.commit()


class Officer:
    """A browser's worth of state: a connection, a session, a token."""

    def __init__(self, port: int, login: str = LOGIN) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.post("/sign-in", {"login": login, "password": PASSWORD, "csrf_token": self.token("/sign-in")}, 302)
        self.csrf = self.token("/account")

    def token(self, page: str) -> str:
        """The token of a page's form."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(page).body.decode())
        if found is None:
            raise RuntimeError(f"{page}: no token")
        return found[1]

    def get(self, path: str) -> Answer:
        """A page; raises RuntimeError unless it came."""
        return self._send("GET", path, None, 200)

    def post(self, path: str, fields: dict[str, str], status: int) -> Answer:
        """Send a form; raises RuntimeError unless the answer has this status."""
        return self._send("POST", path, urlencode(fields), status)

    def take_at_once(self, page: str) -> None:
        """Take a list before a second person has had a say, where it is so long that somebody is to have one."""
        fields = {"mode": "now", "reason": REASON, "csrf_token": self.csrf}
        self._send("POST", f"{page}/second/csv", urlencode(fields), 303, 307)

    def ask_place(self, start: datetime, end: datetime, *, code: str = "", kind: str = "") -> str:
        """Put a lookup by place on record; the address of what it found."""
        fields = {
            "csrf_token": self.csrf,
            "case": "signal",
            "signal": "Đo tốc độ",
            "reason": REASON,
            "venue": code,
            "kind": kind,
            "start": local(start),
            "end": local(end),
        }
        return self.post("/lookup/place", fields, 303).headers["Location"]

    def _send(self, method: str, path: str, body: str | None, *statuses: int) -> Answer:
        headers = {"Origin": f"http://localhost:{self.port}", "Host": f"localhost:{self.port}"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        began = time.perf_counter()
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # The server ended the idle connection; once more on a new one.
            self.connection.close()
            began = time.perf_counter()
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
        start = response.read(1)
        first = time.perf_counter() - began
        whole = start + response.read()
        answer = Answer(response.status, response.headers, whole, first, time.perf_counter() - began)
        for line in response.headers.get_all("Set-Cookie") or ():
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        if response.status not in statuses:
            raise RuntimeError(f"{method} {path}: {response.status} {whole[:800].decode(errors='replace')}")
        return answer


def moment(today: date, days_ago: int, hour: int) -> datetime:
    """A whole hour of a day on the province's clocks, in UTC."""
    return clock.from_local(datetime.combine(today - timedelta(days=days_ago), clocktime(hour)))


def local(value: datetime) -> str:
    """A moment as the form takes it."""
    return clock.to_local(value).strftime("%Y-%m-%dT%H:%M")
