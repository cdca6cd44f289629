"""Who came back: who has said so, who is only thought to, and who said that it is out still. All by stable number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.customers.news import CONFIRMED, GAINED, INFERRED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from models.customers.news import LedgerNews

TRIES: Final = 2
"""Its meter is asked, and whoever is there."""


class Silent(NamedTuple):
    """A usage point that is thought to be back and has not said so."""

    since: int
    """When that was thought first (ms)."""
    outage_id: str
    device_id: str
    """What was open: power is known to come to it."""
    tries: int = 0
    asked_until: int | None = None
    """Its answer is waited for until then (ms)."""


class Lit(NamedTuple):
    """A usage point that has said that it is back."""

    since: int
    outage_id: str


class Book:
    """All that came back lately, of a partition."""

    def __init__(self, saved: Mapping[str, Any] | None = None) -> None:
        kept = saved or {"silent": [], "lit": [], "out": []}
        self.silent: dict[int, Silent] = {number: Silent(*rest) for number, *rest in kept["silent"]}
        self.lit: dict[int, Lit] = {number: Lit(*rest) for number, *rest in kept["lit"]}
        self.out: dict[int, int] = dict(kept["out"])
        """Who was thought to be back and was not, and since when that is known (ms)."""

    def save(self) -> dict[str, Any]:
        """Give all of it."""
        return {
            "silent": [(number, *one) for number, one in self.silent.items()],
            "lit": [(number, *one) for number, one in self.lit.items()],
            "out": list(self.out.items()),
        }

    def take(self, news: LedgerNews, device_id: str, now: int) -> None:
        """Take entries of the ledger, of an outage of a device."""
        for number, change in zip(news.numbers.tolist(), news.changes.tolist(), strict=True):
            before = self.silent.get(number)
            if change == INFERRED and before is not None and before.outage_id == news.outage_id:
                continue
            self._drop(number)
            if change == INFERRED:
                self.silent[number] = Silent(now, news.outage_id, device_id)
            elif change == CONFIRMED:
                self.lit[number] = Lit(now, news.outage_id)
            elif change == GAINED and before is not None:
                self.out[number] = now

    def ask(self, number: int, until: int) -> Silent:
        """Note that somebody is asked."""
        one = self.silent[number]
        asked = one._replace(tries=one.tries + 1, asked_until=until)
        self.silent[number] = asked
        return asked

    def expire(self, now: int) -> None:
        """Give up waiting for answers."""
        late = [number for number, one in self.silent.items() if one.asked_until is not None and one.asked_until <= now]
        for number in late:
            self.silent[number] = self.silent[number]._replace(asked_until=None)

    def let_go(self, before: int) -> None:
        """Forget who came back before an instant (ms)."""
        for number in self._older(before):
            self._drop(number)

    def _older(self, before: int) -> Iterator[int]:
        yield from [number for number, one in self.silent.items() if one.since < before]
        yield from [number for number, one in self.lit.items() if one.since < before]
        yield from [number for number, since in self.out.items() if since < before]

    def _drop(self, number: int) -> None:
        for known in (self.silent, self.lit, self.out):
            known.pop(number, None)
