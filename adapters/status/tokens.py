"""Tokens of OAuth 2.0: who holds one, and what it opens (RFC 6750, RFC 9068)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import jwt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adapters.status.access import Issuer
    from adapters.status.key_sets import KeySet

MOST_VERIFIED: Final = 10_000
_FAULTS: Final[dict[type[jwt.PyJWTError], str]] = {
    jwt.ExpiredSignatureError: "the token has ended",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.MissingRequiredClaimError: "the token lacks a claim",
    jwt.InvalidSignatureError: "the signature does not hold",
}


class Caller(NamedTuple):
    """Who asks: a key, or a subject of an issuer."""

    issuer: str | None
    name: str
    account_id: str | None
    """None: may know of everybody."""
    requests_per_second: float
    burst: int


class RefusedError(Exception):
    """Somebody may not ask: the status, what is told, and the challenge of RFC 6750."""

    def __init__(self, status: int, title: str, challenge: str) -> None:
        super().__init__(title)
        self.status, self.title, self.challenge = status, title, challenge


def invalid(why: str) -> RefusedError:
    """Refuse a token, or a key, as nobody's."""
    return RefusedError(401, why, f'Bearer error="invalid_token", error_description="{why}"')


class _Verified(NamedTuple):
    caller: Caller
    ends_at: float
    version: int


class Tokens:
    """Verifies tokens of some issuers; those that were are known until they end, or the keys change."""

    def __init__(self, issuers: Sequence[Issuer], key_sets: Mapping[str, KeySet]) -> None:
        """`key_sets` are by the issuer's name."""
        self._issuers = {one.issuer: one for one in issuers}
        self._key_sets = key_sets
        self._verified: dict[bytes, _Verified] = {}

    def known(self, token: str) -> str | None:
        """Give the issuer that a token names, unverified; None for what is no token of theirs."""
        if not self._issuers or token.count(".") != 2:
            return None
        try:
            named = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except jwt.PyJWTError:
            return None
        return named if isinstance(named, str) and named in self._issuers else None

    def verify(self, token: str, now: float) -> Caller:
        """Say who holds a token; `now` is the time of day in seconds. Raises `RefusedError`."""
        digest = sha256(token.encode()).digest()
        if (verified := self._verified.get(digest)) is not None:
            assert verified.caller.issuer is not None  # noqa: S101 (the token was one of an issuer's)
            if now >= verified.ends_at:
                raise invalid("the token has ended")
            if verified.version == self._key_sets[verified.caller.issuer].version:
                return verified.caller
        named = self.known(token)
        if named is None:
            raise invalid("a valid key or token is needed")
        issuer = self._issuers[named]
        version = self._key_sets[issuer.name].version
        claims = self._claims(token, issuer)
        caller = _caller(claims, issuer)
        if len(self._verified) >= MOST_VERIFIED:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = _Verified(caller, claims["exp"] + issuer.leeway_seconds, version)
        return caller

    def _claims(self, token: str, issuer: Issuer) -> dict[str, Any]:
        key_set = self._key_sets[issuer.name]
        if key_set.lacking():
            raise RefusedError(503, "the issuer's keys have not been read yet", "Bearer")
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            key = key_set.find(kid)
            if key is None:
                raise invalid("the token names a key that its issuer does not have")
            return jwt.decode(
                token,
                key,
                algorithms=issuer.algorithms,
                audience=issuer.audience,
                issuer=issuer.issuer,
                leeway=issuer.leeway_seconds,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.PyJWTError as error:
            raise invalid(_FAULTS.get(type(error), "the token cannot be used")) from error


def _caller(claims: Mapping[str, Any], issuer: Issuer) -> Caller:
    """Say what claims open; the wider scope counts."""
    scopes = _scopes(claims)
    subject = next((claims[name] for name in ("sub", "client_id", "azp") if isinstance(claims.get(name), str)), "")
    if issuer.everybody_scope in scopes:
        return Caller(issuer.name, subject, None, issuer.requests_per_second, issuer.burst)
    account = claims.get(issuer.account_claim)
    if issuer.account_scope in scopes and isinstance(account, str) and account:
        return Caller(issuer.name, subject, account, issuer.requests_per_second, issuer.burst)
    wanted = " ".join(filter(None, (issuer.everybody_scope, issuer.account_scope)))
    why = "the token names no account" if issuer.account_scope in scopes else "the token's scopes open nothing here"
    raise RefusedError(403, why, f'Bearer error="insufficient_scope", error_description="{why}", scope="{wanted}"')


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """Give the scopes: `scope` as RFC 9068 has it, or `scp`, a text or a list, as others do."""
    said = claims.get("scope", claims.get("scp", ""))
    words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(word for word in words if isinstance(word, str))
