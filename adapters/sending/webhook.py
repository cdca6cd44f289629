"""A message as a signed HTTP request: Standard Webhooks 1.0, with an Idempotency-Key.

What an answer says of this one message fails it; whatever else goes wrong is the channel's, and is tried again.
Redirects are not followed: the address of a person goes where it was told to go.
"""

from __future__ import annotations

import hmac
import http.client
import ssl
from base64 import b64decode, b64encode
from email.utils import parsedate_to_datetime
from hashlib import sha256
from threading import local
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from adapters.connectors.clock import now_ms
from adapters.kafka.connection.secret_file import read_secret
from models.sending.outbox import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.sending.settings import WebhookSettings

OF_THE_MESSAGE: Final = frozenset({400, 410, 413, 415, 422})
"""Statuses that speak of the message: no other try will have another answer."""
PREFIX: Final = "whsec_"
MOST_BYTES: Final = 64 << 10
LONGEST_WAIT: Final = 3600.0
TOLD: Final = (
    *("notification_id", "account_id", "contact_id", "usage_point_ids", "kind", "channel", "language"),
    *("message_code", "parameters", "text", "outage_id", "revision", "as_of", "expires_at"),
)
"""Fields that the other side is told."""


class Webhook:
    """One channel; its requests may be made by several threads."""

    def __init__(self, settings: WebhookSettings) -> None:
        """Read secret and authorities. Raises `FaultsError`."""
        self._settings = settings
        self._url = urlsplit(settings.url)
        self._key = _key_of(read_secret(settings.secret_file))
        self._context = ssl.create_default_context(cafile=settings.ca_file) if self._url.scheme == "https" else None
        self._own = local()

    def send(self, record: Mapping[str, Any], address: str) -> Outcome:
        """Send a message once."""
        body = orjson.dumps({name: record[name] for name in TOLD} | {"address": address})
        try:
            status, wait = self._request(body, self._headers(record["notification_id"], body))
        except (OSError, http.client.HTTPException):
            self._drop()
            return Outcome(None)
        if 200 <= status < 300:
            return Outcome("sent")
        return Outcome("failed") if status in OF_THE_MESSAGE else Outcome(None, wait)

    def fault(self) -> str | None:
        """Say why the other side cannot be reached now, None if it can; asks for nothing."""
        try:
            self._connection().connect()
        except OSError as error:
            return str(error)
        finally:
            self._drop()
        return None

    def _headers(self, name: str, body: bytes) -> dict[str, str]:
        seconds = str(now_ms() // 1000)
        signed = hmac.digest(self._key, f"{name}.{seconds}.".encode() + body, sha256)
        return {
            "Content-Type": "application/json",
            "User-Agent": "faultline",
            "Idempotency-Key": f'"{name}"',
            "webhook-id": name,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{b64encode(signed).decode()}",
        }

    def _request(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, float | None]:
        """Make a request on the thread's connection; returns status and the seconds to wait, if any are said."""
        connection = self._connection()
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        connection.request("POST", path, body, dict(headers))
        response = connection.getresponse()
        if len(response.read(MOST_BYTES + 1)) > MOST_BYTES or response.will_close:
            self._drop()
        return response.status, _wait_of(response.headers.get("Retry-After"))

    def _connection(self) -> http.client.HTTPConnection:
        found: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if found is None:
            host, port, timeout = self._url.hostname or "", self._url.port, self._settings.timeout_seconds
            if self._context is not None:
                found = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
            else:
                found = http.client.HTTPConnection(host, port, timeout=timeout)
            self._own.connection = found
        return found

    def _drop(self) -> None:
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._own.connection = None


def _key_of(secret: str) -> bytes:
    """Give the key of a secret as the specification writes it, else of its letters."""
    return b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else secret.encode()


def _wait_of(header: str | None) -> float | None:
    """Read a Retry-After of seconds or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    try:
        seconds = (
            float(header) if header.strip().isdigit() else parsedate_to_datetime(header).timestamp() - now_ms() / 1000
        )
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
