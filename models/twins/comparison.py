"""What two sites say in the same partition, number by number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from models.twins.latest import LatestRecords
from models.twins.numbered import OTHER, SITES, Seen, Site, in_order, side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from models.twins.numbered import Disorder, Pair

Kind = Literal["different", "missing", "doubled", "contradictory", "foreign", "misnumbered"]
MOST_FINDINGS: Final = 100
"""Of a partition: the others are counted only."""
HARMLESS: Final = frozenset({"doubled"})
"""The same record again: readers drop it."""


class Finding(NamedTuple):
    """A record that is not as it should be."""

    kind: Kind
    site: Site | None
    """Where it is missing, doubled and so on; None: at both, or at one of them and nobody knows which."""
    number: int | None
    key: bytes | None
    offsets: dict[Site, int]
    """Where it stands, at the sites that have it."""


class Part(NamedTuple):
    """A site's records of a partition."""

    records: Iterable[Seen]
    whole: bool = True
    """They begin where the partition began: nothing is gone by age."""
    said: int = 0
    """The number up to which the site's clock says that it has written."""


class Behind(NamedTuple):
    """How far a site is behind the other."""

    site: Site
    records: int
    until: dict[Site, str | None]
    """The instants of the last records; None before the first."""


@dataclass(slots=True)
class Comparison:
    """What came of comparing a partition."""

    compared: int = 0
    digests: dict[Site, str] = field(default_factory=dict)
    """Of the records that both sites have, in their order."""
    behind: Behind | None = None
    findings: list[Finding] = field(default_factory=list)
    """The first of them."""
    counts: Counter[str] = field(default_factory=Counter)
    """All of them, by kind."""

    @property
    def verdict(self) -> str:
        """Say it in a word: as far as both have come."""
        if not HARMLESS.issuperset(self.counts):
            return "different"
        if self.behind is not None:
            return "behind"
        return "repeated" if self.counts else "same"


def compare(here: Part, twin: Part, *, compacted: bool = False) -> Comparison:
    """Compare a partition of an output at two sites.

    What only one has: older than all that the other still keeps, it is gone by age; beyond the other's end, the other
    is behind, unless its clock says that it has written so far. Of a compacted topic, what a later record of its key
    has superseded may be gone at one site and not yet at the other.
    """
    return _Comparer({"here": here, "twin": twin}, compacted=compacted).run()


class _Comparer:
    def __init__(self, parts: dict[Site, Part], *, compacted: bool) -> None:
        self._parts = parts
        self._latest = LatestRecords() if compacted else None
        self._result = Comparison()
        self._hashes = {site: blake2b(digest_size=16) for site in SITES}
        self._begun: set[Site] = {site for site in SITES if parts[site].whole}
        """Sites that have whatever comes now, if nothing is wrong."""
        self._last: int | None = 0 if len(self._begun) == len(SITES) else None
        """The last number; None where nobody knows what came before the first."""
        self._until: dict[Site, str | None] = dict.fromkeys(SITES)
        self._waiting: Counter[Site] = Counter()
        """Records that a site has yet to write."""

    def run(self) -> Comparison:
        here, twin = (in_order(self._parts[site].records, partial(self._disorder, site)) for site in SITES)
        for pair in side_by_side(here, twin):
            self._take(pair)
        if self._latest is not None:
            for site, number, record in self._latest.lacking():
                self._tell("missing", site, number, {OTHER[site]: record})
        self._result.digests = {site: value.hexdigest() for site, value in self._hashes.items()}
        for site, records in self._waiting.items():
            self._result.behind = Behind(site, records, self._until)
        return self._result

    def _take(self, pair: Pair) -> None:
        number, seen, over = pair
        self._until |= {site: record.at for site, record in seen.items()}
        if over is not None and number > self._parts[over].said:
            self._waiting[over] += 1
            return
        self._begun |= seen.keys()
        if len(seen) == len(SITES):
            self._both(pair)
        if self._latest is not None:
            self._latest.take(pair)
        elif self._begun.issuperset(SITES):
            self._without_gap(pair)

    def _both(self, pair: Pair) -> None:
        self._result.compared += 1
        for site, record in pair.seen.items():
            self._hashes[site].update(record.digest)
        if len({record.digest for record in pair.seen.values()}) > 1:
            self._tell("different", None, pair.number, pair.seen)

    def _without_gap(self, pair: Pair) -> None:
        """Hold that every number is there, and at both sites."""
        if self._last is not None and (gap := pair.number - self._last - 1):
            self._tell("missing", None, self._last + 1, {}, gap)
        for site in SITES:
            if site not in pair.seen:
                self._tell("missing", site, pair.number, pair.seen)
        self._last = pair.number

    def _disorder(self, site: Site, kind: Disorder, record: Seen) -> None:
        if self._latest is not None and record.number is not None:
            self._latest.excuse(site, record)
        self._tell(kind, site, record.number, {site: record})

    def _tell(
        self, kind: Kind, site: Site | None, number: int | None, seen: Mapping[Site, Seen], count: int = 1
    ) -> None:
        """Keep a finding, which may be the first of several records in a row."""
        self._result.counts[kind] += count
        if len(self._result.findings) < MOST_FINDINGS:
            key = next((record.key for record in seen.values()), None)
            offsets = {which: record.offset for which, record in seen.items()}
            self._result.findings.append(Finding(kind, site, number, key, offsets))
