"""The ways out: mail over SMTP, text messages over a gateway's HTTP, and files where neither is set up.

A sender takes a letter and its id and says what became of it. None tries twice by itself.
"""

import http.client
import json
import os
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from checkin import clock
from checkin.config import Config
from checkin.messages.letter import Letter
from checkin.messages.models import MAIL, REFUSED, SENT, SMS, UNSURE

# To be tried again; the other outcomes are states in which a message ends.
LATER = "later"
SECONDS = 10
Sender = Callable[[Letter, UUID], str]

# Answers by which a gateway says that it took nothing, for now: settings can be put right within the day.
TOOK_NOTHING = {401, 403, 404, 405, 408, 425, 429, 503}
# Answers after which nobody knows: the message may be out already, and twice is worse than never.
NOBODY_KNOWS = {500, 502, 504}


def sender_of(config: Config, channel: str) -> Sender:
    """The way out of a channel, as it is set up."""
    if channel == MAIL and config.smtp_url:
        return lambda letter, message_id: by_smtp(config, letter, message_id)
    if channel == SMS and config.sms_gateway_url:
        return lambda letter, message_id: by_gateway(config, letter, message_id)
    return lambda letter, message_id: into_file(config, channel, letter, message_id)


def is_set_up(config: Config, channel: str) -> bool:
    """True where messages of a channel reach people by themselves."""
    return bool(config.smtp_url if channel == MAIL else config.sms_gateway_url)


def mail_of(config: Config, letter: Letter, message_id: UUID) -> EmailMessage:
    """A letter as mail. Raises ValueError for an address or a subject that would break out of its line."""
    sender = config.mail_from or "khaibao@localhost"
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(clock.now())
    # The same each time: a mailbox that gets it twice after all shows it once.
    mail["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text, cte="quoted-printable")
    return mail


def by_smtp(config: Config, letter: Letter, message_id: UUID) -> str:
    """Hand a letter to the mail server. Only what lies with the letter itself ends it; settings can be put right."""
    try:
        mail = mail_of(config, letter, message_id)
    except ValueError:
        return REFUSED
    try:
        server = _signed_in(config)
    except (smtplib.SMTPException, OSError):
        return LATER
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        return REFUSED if all(code >= 500 for code, _ in error.recipients.values()) else LATER
    except smtplib.SMTPDataError as error:
        return REFUSED if error.smtp_code >= 500 else LATER
    except smtplib.SMTPNotSupportedError:
        return REFUSED  # letters in the address that this server does not take
    except (smtplib.SMTPException, OSError):
        return LATER
    finally:
        server.close()  # without a word more: what it took, it took
    return SENT


def _signed_in(config: Config) -> smtplib.SMTP:
    parts, secure = urlsplit(config.smtp_url), ssl.create_default_context()
    host = parts.hostname or ""
    # Told, since else the library asks the resolver for it, which may take its time.
    ours = config.mail_from.rpartition("@")[2]
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, ours, timeout=SECONDS, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 587, ours, timeout=SECONDS)
    try:
        if parts.query == "starttls=1":
            server.starttls(context=secure)
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def by_gateway(config: Config, letter: Letter, message_id: UUID) -> str:
    """Hand a text message to the gateway: one POST, no redirect followed.

    The id is the same each time, so that a gateway can tell a message that it has already.
    """
    parts = urlsplit(config.sms_gateway_url)
    body = json.dumps({"id": str(message_id), "to": letter.to, "text": letter.text}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
    if config.sms_gateway_token:
        headers["Authorization"] = f"Bearer {config.sms_gateway_token}"
    made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = made(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        try:
            connection.connect()
        except OSError:
            return LATER  # not a word was said
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return UNSURE
    finally:
        connection.close()
    if 200 <= status < 300:
        return SENT
    if status in NOBODY_KNOWS:
        return UNSURE
    return LATER if status in TOOK_NOTHING or 300 <= status < 400 else REFUSED


def into_file(config: Config, channel: str, letter: Letter, message_id: UUID) -> str:
    """Write a message into the instance's folder `outbox`, for those who set nothing up or only try it out."""
    folder = config.instance / "outbox"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if channel == MAIL:
            _write(folder / f"{message_id}.eml", mail_of(config, letter, message_id).as_bytes())
        else:
            _write(folder / f"{message_id}.sms.txt", f"{letter.to}\n{letter.text}\n".encode())
    except ValueError:
        return REFUSED
    except OSError:
        return LATER
    return SENT


def _write(path: Path, content: bytes) -> None:
    # Under another name first: what is there under its own is whole.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    os.replace(draft, path)
