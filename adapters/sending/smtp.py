"""A message as an e-mail by a relay (RFC 5321); copies can be told by its Message-ID."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate
from threading import local
from typing import TYPE_CHECKING, Any, Final

from adapters.kafka.connection.secret_file import read_secret
from models.sending.outbox import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.sending.settings import SmtpSettings

FOR_GOOD: Final = 500
"""Replies from here on up say that no other try will have another answer."""


class Smtp:
    """One relay; messages may be sent by several threads, each by a connection of its own."""

    def __init__(self, settings: SmtpSettings) -> None:
        """Read password and authorities. Raises `OSError` and `ValueError`."""
        self._settings = settings
        self._password = None if settings.password_file is None else read_secret(settings.password_file)
        self._context = ssl.create_default_context(cafile=settings.ca_file)
        self._own = local()

    def send(self, record: Mapping[str, Any], address: str) -> Outcome:
        """Send a message once."""
        try:
            message = self._message(record, address)
        except ValueError:  # an address that is no header
            return Outcome("failed")
        try:
            self._connection().send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            return _outcome(max(code for code, _ in refused.recipients.values()))
        except smtplib.SMTPDataError as refused:
            return _outcome(refused.smtp_code)
        except (OSError, smtplib.SMTPException):
            self._drop()
            return Outcome(None)
        return Outcome("sent")

    def fault(self) -> str | None:
        """Say why the relay does not take messages now, None if it does; logs in and sends nothing."""
        try:
            self._connection()
        except (OSError, smtplib.SMTPException) as error:
            return str(error)
        finally:
            self._drop()
        return None

    def _message(self, record: Mapping[str, Any], address: str) -> EmailMessage:
        message = EmailMessage()
        sender = self._settings.sender
        message["From"], message["To"], message["Subject"] = sender, address, self._settings.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{record['notification_id']}@{sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = record["language"]
        message.set_content(record["text"])
        return message

    def _connection(self) -> smtplib.SMTP:
        found: smtplib.SMTP | None = getattr(self._own, "connection", None)
        if found is not None and _is_open(found):
            return found
        settings = self._settings
        if settings.encryption == "tls":
            found = smtplib.SMTP_SSL(
                settings.host, settings.port, timeout=settings.timeout_seconds, context=self._context
            )
        else:
            found = smtplib.SMTP(settings.host, settings.port, timeout=settings.timeout_seconds)
        self._own.connection = found
        if settings.encryption == "starttls":
            found.starttls(context=self._context)
        if settings.user is not None and self._password is not None:
            found.login(settings.user, self._password)
        return found

    def _drop(self) -> None:
        connection: smtplib.SMTP | None = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._own.connection = None


def _is_open(connection: smtplib.SMTP) -> bool:
    """A relay ends connections that say nothing for a while."""
    try:
        return connection.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        connection.close()
        return False


def _outcome(code: int) -> Outcome:
    return Outcome("failed") if code >= FOR_GOOD else Outcome(None)
