"""Who may ask the status API what, and how often, from a file: keys by their digests, and issuers of tokens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.files.toml import read_toml

if TYPE_CHECKING:
    from collections.abc import Iterable

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Limited(BaseModel):
    """How often somebody may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    requests_per_second: float = Field(20.0, gt=0, le=100_000, description="In the long run; more are refused (429).")
    burst: int = Field(40, ge=1, le=1_000_000, description="At once, after a silence.")


class Key(Limited):
    """A key, which is sent as `Authorization: Bearer KEY`; the file has its digest alone."""

    name: str = Field(min_length=1, max_length=100, description="Whose it is, for the log.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the key, in hexadecimal digits.")
    scope: Literal["everybody", "account"] = Field(description="`account`: only the usage points of `account_id`.")
    account_id: str | None = Field(None, description="The account, with scope account and with no other.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.scope == "account") != (self.account_id is not None):
            raise ValueError("account_id goes with scope account, and only with it")
        return self


class Issuer(Limited):
    """Who issues tokens of OAuth 2.0 (JWT, RFC 9068); the limits are those of each subject."""

    name: str = Field(min_length=1, max_length=100, description="What it is called, for the log.")
    issuer: str = Field(min_length=1, description="The `iss` of its tokens, letter by letter.")
    audience: str = Field(min_length=1, description="What has to be in the `aud` of its tokens.")
    jwks_file: Path | None = Field(None, strict=False, description="File of its public keys (RFC 7517).")
    jwks_url: str | None = Field(None, description="Where its public keys are read, by https or on this machine.")
    ca_file: Path | None = Field(
        None, strict=False, description="PEM file by which jwks_url is known; else the system's."
    )
    refresh_seconds: int = Field(300, ge=1, le=86_400, description="How often its keys are read anew.")
    algorithms: list[Literal["RS256", "ES256"]] = Field(
        ["RS256", "ES256"], min_length=1, description="By which its tokens may be signed."
    )
    leeway_seconds: int = Field(30, ge=0, le=300, description="By how much clocks may differ.")
    everybody_scope: str | None = Field(None, description="Whose token has this scope may know of all customers.")
    account_scope: str | None = Field(None, description="Whose token has this scope may know of one account.")
    account_claim: str = Field("account_id", min_length=1, description="The claim that names this account.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.jwks_file is None) == (self.jwks_url is None):
            raise ValueError("has to have either jwks_file or jwks_url")
        if self.everybody_scope is None and self.account_scope is None:
            raise ValueError("has to have everybody_scope, account_scope or both, else its tokens open nothing")
        if self.jwks_url is not None:
            parts = urlsplit(self.jwks_url)
            if not parts.hostname or parts.scheme not in {"http", "https"}:
                raise ValueError("jwks_url is no address; give one that begins with https://")
            if parts.scheme == "http" and parts.hostname not in LOOPBACK:
                raise ValueError(
                    "jwks_url would be read without encryption, so that anybody between may change the keys"
                )
        return self


class Access(BaseModel):
    """All who may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    keys: list[Key] = Field([], description="Each once.")
    issuers: list[Issuer] = Field([], description="Each once.")

    @model_validator(mode="after")
    def _once(self) -> Self:
        if not self.keys and not self.issuers:
            raise ValueError("names nobody who may ask; add [[keys]] or [[issuers]]")
        _each_once("keys", "name", (key.name for key in self.keys))
        _each_once("keys", "sha256", (key.sha256 for key in self.keys))
        _each_once("issuers", "name", (issuer.name for issuer in self.issuers))
        _each_once("issuers", "issuer", (issuer.issuer for issuer in self.issuers))
        return self


def _each_once(table: str, field: str, values: Iterable[str]) -> None:
    values = list(values)
    if len(set(values)) < len(values):
        raise ValueError(f"{table} has a {field} twice; each stands once")


def read_access(path: Path) -> Access:
    """Read the file. Raises `FaultsError` with all wrong entries."""
    return read_toml(path, Access, "--keys", "docs/customers.md")
