"""What officers note beside their work: sealed for the staff's tier, and read where the key is."""

from contextlib import suppress

from checkin.vault import Vault, VaultError


def sealed(vault: Vault, text: str) -> bytes | None:
    """A note to be kept; None of an empty one."""
    return vault.seal({"text": text}) if text else None


def opened(vault: Vault, note: bytes | None) -> str | None:
    """The words of a note; None where it cannot be opened, empty where there is none."""
    if note is None:
        return ""
    with suppress(VaultError, ValueError):
        return str(vault.open(note).get("text", ""))
    return None
