"""Check-ins as bytes to send, with tokens and cookies made by the product's own functions."""

import base64
from collections.abc import Iterator
from datetime import date
from urllib.parse import urlencode

import numpy as np

from bench.loading import Loaded
from bench.people import NEWCOMERS, form, identity
from bench.province import venue_weights
from checkin import clock
from checkin.vault import Vault
from checkin.visits.tokens import submission_token

PROVINCE = "22"
BROWSER = (
    "Accept: text/html,application/xhtml+xml\r\nAccept-Language: vi-VN,vi;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n"
    "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
)


class Visitors:
    """Makes the requests of a run: nobody is sent twice, venues by their share in all visits."""

    def __init__(self, loaded: Loaded, vault: Vault, seed: int) -> None:
        self.loaded, self.vault = loaded, vault
        self.rng = np.random.default_rng(seed)
        self.weights = venue_weights(len(loaded.codes) - 1)
        self.returned = 0
        self.new = NEWCOMERS

    def returning(self, port: int, count: int) -> list[bytes]:
        """Confirmations of devices that declared before; as many as there are people left who did."""
        numbers = range(self.returned, min(self.returned + count, len(self.loaded.secrets)))
        self.returned += len(numbers)
        return [self._returning(port, n, code) for n, code in zip(numbers, self._codes(len(numbers)), strict=True)]

    def first_time(self, port: int, count: int) -> list[bytes]:
        """Whole forms of people whom nobody knows, from phones without cookies."""
        numbers = range(self.new, self.new + count)
        self.new += count
        return [self._first(port, n, code) for n, code in zip(numbers, self._codes(count), strict=True)]

    def _codes(self, count: int) -> Iterator[str]:
        for rank in self.rng.choice(len(self.weights), count, p=self.weights):
            yield self.loaded.codes[rank]

    def _returning(self, port: int, number: int, code: str) -> bytes:
        who = identity(number, self.loaded.communes, PROVINCE)
        known = {"who": who.as_dict(), "on": date.isoformat(self.loaded.today), "all_no": True}
        me = base64.urlsafe_b64encode(self.vault.lock("cookie", known)).decode()
        cookie = f"device={self.loaded.secrets[number]}; me={me}"
        return post(port, code, {"confirm": "1", "submission": self._token(code)}, number, cookie)

    def _first(self, port: int, number: int, code: str) -> bytes:
        who = identity(number, self.loaded.communes, PROVINCE)
        return post(port, code, form(who, self._token(code)), number)

    def _token(self, code: str) -> str:
        return submission_token(self.vault.session_secret, code, clock.now())


def post(port: int, code: str, fields: dict[str, str], number: int, cookie: str = "") -> bytes:
    """One form on its way through the proxy, from an address of this visitor's own."""
    body = urlencode(fields)
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    return (
        f"POST /v/{code} HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\n{BROWSER}"
        f"X-Forwarded-For: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n{f'Cookie: {cookie}' + chr(13) + chr(10) if cookie else ''}\r\n{body}"
    ).encode()


def get(port: int, path: str = "/", cookie: str = "") -> bytes:
    """A page."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n{BROWSER}"
        f"{f'Cookie: {cookie}' + chr(13) + chr(10) if cookie else ''}\r\n"
    ).encode()
