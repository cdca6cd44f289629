"""HTTPS with who we are: a user with a password, or tokens that are fetched anew before they end.

Redirects are not followed: credentials go to the address that was given and nowhere else.
"""

from __future__ import annotations

import http.client
import ssl
import time
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

import orjson

from adapters.kafka.connection.secret_file import read_secret

if TYPE_CHECKING:
    from adapters.gateways.settings import GatewayEndpoint

MOST_BYTES: Final = 16 << 20
MARGIN_SECONDS: Final = 30.0
"""A token is fetched anew so long before it ends."""
JSON: Final = "application/json"
_ON_THE_WAY: Final = (http.client.BAD_GATEWAY, http.client.SERVICE_UNAVAILABLE, http.client.GATEWAY_TIMEOUT)


class GatewayError(Exception):
    """The gateway does not answer, or not so that it can be used: words for an operator, no secret in them."""


class UnansweredError(GatewayError):
    """Nothing, or somebody on the way, has answered: what was asked for may have been done all the same."""


class HttpClient:
    """One gateway; not for several threads."""

    def __init__(self, settings: GatewayEndpoint) -> None:
        """Connect at the first request. Raises `GatewayError` for authorities that cannot be read."""
        self._settings = settings
        try:
            self._context = ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise GatewayError(f"{settings.ca_file}: cannot be used ({error}); give authorities in PEM form") from error
        self._token: tuple[str, float] | None = None

    def get(self, path: str) -> Any:  # noqa: ANN401 (a decoded document)
        """Read a document. Raises `GatewayError`."""
        return self._ask("GET", path, None)

    def post(self, path: str, document: object, patience: float = 0.0) -> Any:  # noqa: ANN401 (a decoded document)
        """Send a request that is a document, and read the answer, which may take `patience` seconds longer.

        Raises `GatewayError`.
        """
        return self._ask("POST", path, orjson.dumps(document), patience)

    def _ask(self, method: str, path: str, body: bytes | None, patience: float = 0.0) -> Any:  # noqa: ANN401 (as above)
        url = self._settings.url.rstrip("/") + path
        headers = {"Accept": JSON, **self._credentials(), **({"Content-Type": JSON} if body is not None else {})}
        status, answer = self._request(method, url, body, headers, patience)
        if status == http.client.UNAUTHORIZED and self._token is not None:
            self._token = None  # it may have been taken back
            status, answer = self._request(method, url, body, headers | self._credentials(), patience)
        if status != http.client.OK:
            kind = UnansweredError if status in _ON_THE_WAY else GatewayError
            raise kind(f"{_shown(url)}: answers {status}; {_mend(status)}")
        return _document(url, answer)

    def _credentials(self) -> dict[str, str]:
        settings = self._settings
        if settings.token_url is not None:
            return {"Authorization": f"Bearer {self._valid_token()}"}
        if settings.user is not None and settings.password_file is not None:
            return {"Authorization": _basic(settings.user, read_secret(settings.password_file))}
        return {}

    def _valid_token(self) -> str:
        if self._token is None or time.monotonic() > self._token[1]:
            self._token = self._fetch_token()
        return self._token[0]

    def _fetch_token(self) -> tuple[str, float]:
        settings = self._settings
        assert settings.token_url is not None  # noqa: S101 (gateway_faults asks for all three)
        assert settings.client_secret_file is not None  # noqa: S101 (as above)
        form = {"grant_type": "client_credentials", **({"scope": settings.scope} if settings.scope else {})}
        who = _basic(settings.client_id or "", read_secret(settings.client_secret_file))
        headers = {"Accept": JSON, "Authorization": who, "Content-Type": "application/x-www-form-urlencoded"}
        status, answer = self._request("POST", settings.token_url, urlencode(form).encode(), headers)
        if status != http.client.OK:
            raise GatewayError(
                f"{_shown(settings.token_url)}: gives no token ({status}); see to client_id and its secret"
            )
        found = _document(settings.token_url, answer)
        token, lasts = (
            (found.get("access_token"), found.get("expires_in", 300)) if isinstance(found, dict) else (None, 0)
        )
        if not isinstance(token, str) or not token or not isinstance(lasts, int | float):
            raise GatewayError(f"{_shown(settings.token_url)}: answers without a token; see what it is")
        return token, time.monotonic() + max(lasts - MARGIN_SECONDS, 1.0)

    def _request(
        self, method: str, url: str, body: bytes | None, headers: dict[str, str], patience: float = 0.0
    ) -> tuple[int, bytes]:
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(
            parts.hostname or "",
            parts.port,
            timeout=self._settings.timeout_seconds + patience,
            context=self._context,
        )
        try:
            connection.request(method, parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            response = connection.getresponse()
            answer = response.read(MOST_BYTES + 1)
        except (OSError, http.client.HTTPException) as error:
            why = f"{type(error).__name__} {str(error)[:200]}"
            raise UnansweredError(f"{_shown(url)}: not reachable: {why}") from error
        finally:
            connection.close()
        if len(answer) > MOST_BYTES:
            raise GatewayError(
                f"{_shown(url)}: answers with more than {MOST_BYTES >> 20} MiB; set items_per_call lower"
            )
        return response.status, answer


def _document(url: str, answer: bytes) -> Any:  # noqa: ANN401 (a decoded document)
    try:
        return orjson.loads(answer)
    except orjson.JSONDecodeError as error:
        raise GatewayError(f"{_shown(url)}: answers with no JSON; see what answers there") from error


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _shown(url: str) -> str:
    """An address without its query, which may be long."""
    return url.partition("?")[0]


def _mend(status: int) -> str:
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        return "see to the credentials and their rights there"
    if status == http.client.NOT_FOUND:
        return "see whether the url is the gateway's"
    return "see its log"
