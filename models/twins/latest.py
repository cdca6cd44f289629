"""Of a compacted topic at two sites: whether what one of them lacks may have been compacted away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.twins.numbered import OTHER, SITES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from models.twins.numbered import Numbered, Pair, Seen, Site


class LatestRecords:
    """By key, the newest record that only one site has, and at which sites the last record has a value.

    A record may be gone where a later one of its key stands, a tombstone too once what it took out is gone.
    """

    def __init__(self) -> None:
        self._alone: dict[Site, dict[bytes, Numbered]] = {site: {} for site in SITES}
        self._live: dict[Site, set[bytes]] = {site: set() for site in SITES}

    def take(self, pair: Pair) -> None:
        """Take what the sites have by a number; the numbers rise."""
        for site, record in pair.seen.items():
            (self._live[site].add if record.live else self._live[site].discard)(record.key)
            self._alone[OTHER[site]].pop(record.key, None)
        if len(pair.seen) == 1:
            ((site, record),) = pair.seen.items()
            self._alone[site][record.key] = (pair.number, record)

    def excuse(self, site: Site, record: Seen) -> None:
        """Hear that a site has a record out of its order."""
        number, alone = self._alone[OTHER[site]].get(record.key, (None, record))
        if number == record.number and alone.digest == record.digest:
            del self._alone[OTHER[site]][record.key]

    def lacking(self) -> Iterator[tuple[Site, int, Seen]]:
        """Give each record that a site lacks and should have, by its number."""
        found = [
            (number, OTHER[site], record)
            for site, alone in self._alone.items()
            for key, (number, record) in alone.items()
            if record.live or key in self._live[OTHER[site]]
        ]
        yield from ((site, number, record) for number, site, record in sorted(found, key=lambda one: one[0]))
