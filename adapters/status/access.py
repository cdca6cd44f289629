"""Who may ask the status API what, and how often: keys by their digests, from a file."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.files.toml import read_toml

if TYPE_CHECKING:
    from pathlib import Path


class Key(BaseModel):
    """A key, which is sent as `Authorization: Bearer KEY`; the file has its digest alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=100, description="Whose it is, for the log.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the key, in hexadecimal digits.")
    scope: Literal["everybody", "account"] = Field(description="`account`: only the usage points of `account_id`.")
    account_id: str | None = Field(None, description="The account, with scope account and with no other.")
    requests_per_second: float = Field(20.0, gt=0, le=100_000, description="In the long run; more are refused (429).")
    burst: int = Field(40, ge=1, le=1_000_000, description="At once, after a silence.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.scope == "account") != (self.account_id is not None):
            raise ValueError("account_id goes with scope account, and only with it")
        return self


class Keys(BaseModel):
    """All keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    keys: list[Key] = Field(min_length=1, description="Each once.")

    @model_validator(mode="after")
    def _once(self) -> Self:
        for field in ("name", "sha256"):
            values = [getattr(key, field) for key in self.keys]
            if len(set(values)) < len(values):
                raise ValueError(f"keys has a {field} twice; each stands once")
        return self


def read_keys(path: Path) -> Keys:
    """Read a file of keys. Raises `FaultsError` with all wrong entries."""
    return read_toml(path, Keys, "--keys", "docs/customers.md")


@dataclass(slots=True)
class Bucket:
    """What a key may still ask: it fills by `rate` a second, up to `size`."""

    rate: float
    size: float
    left: float
    filled_at: float

    def take(self, cost: float, now: float) -> float:
        """Take what a request costs; returns the seconds to wait where there is too little, else 0."""
        self.left = min(self.size, self.left + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.left >= min(cost, self.size):
            self.left -= cost
            return 0.0
        return (min(cost, self.size) - self.left) / self.rate


class Gate:
    """Knows who asks, and whether it has asked too much. One thread asks."""

    def __init__(self, keys: Keys) -> None:
        self._keys = {key.sha256: key for key in keys.keys}
        self._buckets = {
            key.sha256: Bucket(key.requests_per_second, float(key.burst), float(key.burst), 0.0) for key in keys.keys
        }

    def find(self, authorization: str) -> Key | None:
        """Give the key of a header; None for one that is none's. Looked up by digest, so its time tells nothing."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._keys.get(sha256(token.strip().encode()).hexdigest())

    def wait(self, key: Key, cost: float, now: float) -> float:
        """Count a request; returns the seconds to wait where it is one too many, else 0."""
        return self._buckets[key.sha256].take(cost, now)
