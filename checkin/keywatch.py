"""The keys of a running application: those it starts with, and those that are put beside them meanwhile."""

from pathlib import Path

import structlog
from flask import Flask

from checkin import keyfiles
from checkin.config import Config
from checkin.vault import Vault, VaultError

log = structlog.get_logger()


def load(config: Config) -> Vault:
    """The keys of a configuration; raises VaultError, also where a demo's keys would guard real people."""
    vault = Vault.load(config.keys, config.tier)
    if vault.demo and not (config.demo and config.own_computer):
        raise VaultError(
            f"{config.keys} holds keys that were made for a demo. Real people need their own: run 'python -m "
            "checkin.keys FOLDER' with a new FOLDER, set CHECKIN_KEYS to it, and begin with an empty database"
        )
    return vault


def init_app(app: Flask, vault: Vault) -> None:
    """Use these keys, and from the next request on those that were put beside them meanwhile."""
    _use(app, vault)
    serve, refused = app.wsgi_app, [vault.names]

    # Before the session is read, which another process may have signed with the new key already.
    def with_keys_of_now(environ, start_response):  # type: ignore[no-untyped-def]
        present: Vault = app.extensions["checkin_vault"]
        try:
            renewed = present.renewed()
        except VaultError as error:
            # A folder that is being copied, say: the keys at hand stay, and the next request looks again.
            if (names := keyfiles.names(present.folder or Path())) != refused[0]:
                refused[0] = names
                log.error("new keys not taken over", reason=str(error))
        else:
            if renewed is not present:
                _use(app, renewed)
        return serve(environ, start_response)

    app.wsgi_app = with_keys_of_now  # type: ignore[method-assign]


def _use(app: Flask, vault: Vault) -> None:
    app.extensions["checkin_vault"] = vault
    # The former ones first: a session signed with one of them is read at any moment in between.
    app.config["SECRET_KEY_FALLBACKS"] = vault.session_ring[:-1]
    app.config["SECRET_KEY"] = vault.session_secret
    # Flask-WTF knows no former keys; what signs for it takes several, and the last one to sign.
    app.config["WTF_CSRF_SECRET_KEY"] = vault.session_ring
