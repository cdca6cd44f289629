"""Who asks, and whether it has asked too much. One thread asks."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from adapters.status.key_sets import KeySet
from adapters.status.tokens import Caller, RefusedError, Tokens, invalid
from models.refusal import FaultsError

if TYPE_CHECKING:
    from adapters.status.access import Access, Issuer

MOST_BUCKETS: Final = 100_000
"""Subjects whose asking is counted; who has asked longest ago is forgotten, and may ask at once as after a silence."""


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
    """Knows who asks, and how much each may. Whoever opens it closes it."""

    def __init__(self, access: Access) -> None:
        """Read what issuers' files have. Raises `FaultsError` with every fault of them."""
        self._keys = {
            key.sha256: Caller(None, key.name, key.account_id, key.requests_per_second, key.burst)
            for key in access.keys
        }
        gathered = [_keys_of(issuer) for issuer in access.issuers]
        if faults := [fault for one in gathered if isinstance(one, list) for fault in one]:
            raise FaultsError(faults)
        self._key_sets = {
            issuer.name: one for issuer, one in zip(access.issuers, gathered, strict=True) if isinstance(one, KeySet)
        }
        self._tokens = Tokens(access.issuers, self._key_sets)
        self._buckets: OrderedDict[tuple[str | None, str], Bucket] = OrderedDict()

    def open(self) -> None:
        """Begin to follow the issuers' keys."""
        for one in self._key_sets.values():
            one.start()

    def close(self) -> None:
        """Follow them no more."""
        for one in self._key_sets.values():
            one.close()

    def lacking(self) -> list[str]:
        """Say whose keys have never been read; nothing if all have."""
        return [fault for one in self._key_sets.values() for fault in one.lacking()]

    def admit(self, authorization: str, now: float) -> Caller:
        """Say who asks by a header; `now` is the time of day in seconds. Raises `RefusedError`.

        A key is looked up by its digest, so that the time it takes tells nothing.
        """
        scheme, _, credentials = authorization.partition(" ")
        credentials = credentials.strip()
        if scheme.lower() != "bearer" or not credentials:
            raise RefusedError(401, "a valid key or token is needed", "Bearer")
        if (caller := self._keys.get(sha256(credentials.encode()).hexdigest())) is not None:
            return caller
        if not self._key_sets:
            raise invalid("a valid key or token is needed")
        return self._tokens.verify(credentials, now)

    def wait(self, caller: Caller, cost: float, now: float) -> float:
        """Count a request; returns the seconds to wait where it is one too many, else 0."""
        whose = caller.issuer, caller.name
        bucket = self._buckets.get(whose)
        if bucket is None:
            bucket = Bucket(caller.requests_per_second, float(caller.burst), float(caller.burst), now)
            self._buckets[whose] = bucket
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(whose)
        return bucket.take(cost, now)


def _keys_of(issuer: Issuer) -> KeySet | list[str]:
    """Give the keys, or the faults."""
    try:
        return KeySet(issuer)
    except FaultsError as error:
        return error.faults
