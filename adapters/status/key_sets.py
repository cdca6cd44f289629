"""The public keys of an issuer of tokens, from a file or an address, read anew as time goes on.

What was read last holds until something else can be read: an issuer that is away locks nobody out.
"""

from __future__ import annotations

import http.client
import logging
import ssl
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson
from jwt import PyJWK, PyJWTError

from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.status.access import Issuer

MOST_BYTES: Final = 1 << 20
TIMEOUT_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 5.0
"""After a failure; and between two readings, however many tokens name a key that is not known."""
LEAST_RSA_BITS: Final = 2048
OK: Final = 200
log: Final = logging.getLogger("faultline")


class KeySet:
    """An issuer's keys, by `kid`. Whoever starts it closes it; any thread may ask."""

    def __init__(self, issuer: Issuer) -> None:
        """Read files at once; an address is read once it is started. Raises `FaultsError` for a file of no use."""
        self._issuer = issuer
        self._keys: dict[str | None, PyJWK] = {}
        self.version = 0
        """Grows with each other set of keys."""
        self._read_at = -AGAIN_SECONDS
        self._failure: str | None = None
        self._wanted, self._lock, self._closed = Event(), Lock(), False
        self._thread = Thread(target=self._follow, name=f"keys of {issuer.name}", daemon=True)
        try:
            self._context = ssl.create_default_context(cafile=issuer.ca_file)
        except OSError as error:
            raise FaultsError([f"issuer {issuer.name}: {issuer.ca_file}: {error}; check ca_file"]) from error
        if issuer.jwks_file is not None:
            self._read()
            if self._failure is not None:
                raise FaultsError([f"issuer {issuer.name}: {issuer.jwks_file}: {self._failure}; check jwks_file"])

    def start(self) -> None:
        """Begin to read them, again and again."""
        self._thread.start()

    def close(self) -> None:
        """Read them no more."""
        self._closed = True
        self._wanted.set()
        self._thread.join()

    def lacking(self) -> list[str]:
        """Say why nothing is known yet; nothing if something is."""
        if self._keys:
            return []
        return [f"keys of issuer {self._issuer.name} have not been read: {self._failure or 'they are asked for'}"]

    def find(self, kid: str | None) -> PyJWK | None:
        """Give a key, or have all read anew where there is none; without a `kid` that of a set of one."""
        keys = self._keys
        found = next(iter(keys.values())) if kid is None and len(keys) == 1 else keys.get(kid)
        if found is None and monotonic() - self._read_at >= AGAIN_SECONDS:
            self._wanted.set()
        return found

    def _follow(self) -> None:
        while not self._closed:
            if monotonic() - self._read_at >= AGAIN_SECONDS:
                self._read()
            usual = self._issuer.refresh_seconds if self._failure is None else AGAIN_SECONDS
            self._wanted.wait(max(usual, self._read_at + AGAIN_SECONDS - monotonic()))
            self._wanted.clear()

    def _read(self) -> None:
        self._read_at = monotonic()
        failed_before = self._failure is not None
        try:
            keys = usable(orjson.loads(self._bytes()), self._issuer.algorithms)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self._failure = str(error) or type(error).__name__
            if not failed_before:
                log.warning("keys of issuer %s cannot be read: %s", self._issuer.name, self._failure)
            return
        self._failure = None
        if failed_before:
            log.info("keys of issuer %s are read again", self._issuer.name)
        with self._lock:
            if {kid: key.key for kid, key in keys.items()} != {kid: key.key for kid, key in self._keys.items()}:
                self._keys, self.version = keys, self.version + 1

    def _bytes(self) -> bytes:
        if self._issuer.jwks_file is not None:
            return self._issuer.jwks_file.read_bytes()
        assert self._issuer.jwks_url is not None  # noqa: S101 (one of both is there)
        return _get(self._issuer.jwks_url, self._context)


def usable(document: Any, algorithms: list[Any]) -> dict[str | None, PyJWK]:  # noqa: ANN401 (anybody's JSON)
    """Pick the public keys by which these algorithms are verified; others are left out.

    Raises `ValueError` where there is none: a set for encryption, or of secrets, verifies nothing.
    """
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list):
        raise ValueError("it is no set of keys (RFC 7517)")  # noqa: TRY004 (of what was read, not of a parameter)
    found: dict[str | None, PyJWK] = {}
    for one in keys:
        named = isinstance(one, dict) and isinstance(one.get("kid"), str | None)
        if named and (algorithm := _algorithm(one)) in algorithms:
            try:
                key = PyJWK(one, algorithm)
            except PyJWTError:
                continue
            if algorithm != "RS256" or key.key.key_size >= LEAST_RSA_BITS:
                found[one.get("kid")] = key
    if not found:
        raise ValueError(f"it has no public key for {' or '.join(algorithms)}")
    return found


def _algorithm(key: Mapping[str, Any]) -> str | None:
    """Which algorithm a key is for; none for private ones and those that are not for signatures."""
    kinds: dict[tuple[Any, Any], str] = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}
    algorithm = kinds.get((key.get("kty"), key.get("crv")))
    if "d" in key or key.get("use", "sig") != "sig" or key.get("alg", algorithm) != algorithm:
        return None
    return algorithm


def _get(url: str, context: ssl.SSLContext) -> bytes:
    """Read an address; nothing else than what stands there: redirects are not followed."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
        answer = connection.getresponse()
        body = answer.read(MOST_BYTES + 1)
    finally:
        connection.close()
    if answer.status != OK:
        raise ValueError(f"it answered {answer.status}")
    if len(body) > MOST_BYTES:
        raise ValueError(f"it has more than {MOST_BYTES} bytes")
    return body
