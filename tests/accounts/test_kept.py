"""A form on its way through the lock."""

import base64
from datetime import timedelta

import pytest

from checkin.accounts.kept import LARGEST, Kept, keep, open_kept
from checkin.ids import new_id
from checkin.keys import generate
from checkin.vault import Vault
from tests.conftest import NOW

WHO, OTHER = new_id(NOW), new_id(NOW + timedelta(seconds=1))
FIELDS = [("title", "Chợ Hạ Long <b>"), ("why", "dòng 1\r\ndòng 2"), ("tick", "a"), ("tick", "b")]


@pytest.fixture(scope="module")
def vault(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    generate(folder)
    return Vault.load(folder, "all")


def kept(vault, fields=FIELDS, **changes):
    facts = {"key": "staff", "account_id": WHO, "path": "/cases/?a=1", "now": NOW, **changes}
    return keep(vault, facts.pop("key"), fields=fields, **facts)


def opened(vault, text, **changes):
    facts = {"key": "staff", "account_id": WHO, "now": NOW, **changes}
    return open_kept(vault, facts.pop("key"), text=text, **facts)


def test_every_field_comes_back_in_its_order_and_unreadable_meanwhile(vault):
    text = kept(vault)
    assert opened(vault, text) == Kept("/cases/?a=1", FIELDS)
    assert b"Long" not in base64.urlsafe_b64decode(text)
    assert opened(vault, text, now=NOW + timedelta(hours=11, minutes=59)) is not None


def test_passwords_and_tokens_are_never_kept(vault):
    secrets = [("password", "x"), ("current_password", "y"), ("new_password", "z"), ("csrf_token", "t")]
    assert opened(vault, kept(vault, FIELDS + secrets)).fields == FIELDS


@pytest.mark.parametrize(
    "changes",
    [
        {"account_id": OTHER},
        {"key": "owner"},
        {"now": NOW + timedelta(hours=12)},
        {"now": NOW - timedelta(seconds=1)},
    ],
)
def test_another_account_another_key_and_another_time_open_nothing(vault, changes):
    assert opened(vault, kept(vault), **changes) is None


def test_what_was_made_up_or_changed_opens_nothing(vault):
    text = kept(vault)
    elsewhere = vault.lock("staff", {"totp": "x", "account": str(WHO)})
    for made_up in ("", "x", "\x00", "ế", text[:-4] + "AAAA", text[1:], text * 2, "A" * 10**6, elsewhere.hex()):
        assert opened(vault, made_up) is None


def test_a_form_larger_than_any_of_ours_is_not_kept(vault):
    assert kept(vault, [("a", "x" * (LARGEST - 1))]) is not None
    assert kept(vault, [("a", "x" * LARGEST)]) is None
    assert kept(vault, [("a", "ế" * (LARGEST // 3 + 1))]) is None
