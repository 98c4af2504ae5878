"""What a person is recognised by: pure rules over blind indexes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from checkin.fold import fold
from checkin.vault import Vault

NONE = b""


@dataclass(frozen=True)
class Indexes:
    """Blind indexes of what was told; NONE (empty) for what was not."""

    name: bytes
    id: bytes
    phone: bytes


def indexes(vault: Vault, *, full_name: str, birth_year: int, id_number: str, phone: str) -> Indexes:
    """Indexes of a person; id number and phone are in their normal form or empty."""
    return Indexes(
        name=name_index(vault, full_name, birth_year),
        id=vault.index("id", id_number) if id_number else NONE,
        phone=vault.index("phone", phone) if phone else NONE,
    )


def name_index(vault: Vault, full_name: str, birth_year: int) -> bytes:
    """Index of the folded name with the birth year: Hùng and Hưng fold alike, so it never decides alone."""
    return vault.index("name", f"{fold(full_name)}|{birth_year}")


class Known(Protocol):
    @property
    def root(self) -> UUID: ...
    @property
    def id_index(self) -> bytes: ...
    @property
    def phone_index(self) -> bytes: ...


def same_person(told: Indexes, known: Iterable[Known]) -> UUID | None:
    """Who of those with the same name and birth year this is; None for somebody new.

    The same person iff the id numbers agree; or, where one side told none, the phones. Two different id
    numbers are two people, whatever the phone. Of several, an agreeing id number wins, then the one known
    longest. `root` is the person to whom a row belongs.
    """
    ids: dict[UUID, set[bytes]] = {}
    phones: dict[UUID, set[bytes]] = {}
    for row in known:
        ids.setdefault(row.root, set()).update({bytes(row.id_index)} - {NONE})
        phones.setdefault(row.root, set()).update({bytes(row.phone_index)} - {NONE})
    by_id = [root for root in ids if told.id in ids[root]]
    by_phone = [root for root in ids if told.phone in phones[root] and (told.id == NONE or not ids[root])]
    return min(by_id or by_phone, default=None)
