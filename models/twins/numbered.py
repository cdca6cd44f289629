"""One site's partition as its numbers go, what is out of order in it, and the numbers of two sites side by side."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Site = Literal["here", "twin"]
SITES: Final[tuple[Site, Site]] = ("here", "twin")
OTHER: Final[dict[Site, Site]] = {"here": "twin", "twin": "here"}
Disorder = Literal["doubled", "contradictory", "foreign", "misnumbered"]
REMEMBERED: Final = 10_000
"""Numbers whose content is kept, to tell a repeat from a record that says something else by the same number."""


class Seen(NamedTuple):
    """A record of an output as far as it is compared."""

    number: int | None
    """Its `sequence`; None of a record that no flow wrote."""
    offset: int
    key: bytes
    digest: bytes
    """Of key, value and headers."""
    live: bool = True
    """Whether it has a value; without one it is a tombstone."""
    at: str | None = None
    """The instant of log time that it is of."""


Numbered = tuple[int, Seen]


class Pair(NamedTuple):
    """What two sites have by one number."""

    number: int
    seen: dict[Site, Seen]
    over: Site | None
    """The site that has nothing with this number or a later one."""


def in_order(records: Iterable[Seen], tell: Callable[[Disorder, Seen], None]) -> Iterator[Numbered]:
    """Give each number once, in order, with its record; `tell` is called for every other record.

    A writer that was killed may have written some again: `doubled`. Where that is not the same record again, it is
    `contradictory`. A number that only this one record leaps to is a damaged one: `misnumbered`.
    """
    last = 0
    known: dict[int, bytes] = {}
    for record, following in pairwise(chain(records, [None])):
        if record is None:
            break
        number = record.number
        if number is None:
            tell("foreign", record)
        elif number <= last:
            tell("doubled" if known.get(number, record.digest) == record.digest else "contradictory", record)
        elif following is not None and last < (following.number or 0) < number:
            tell("misnumbered", record)
        else:
            last, known[number] = number, record.digest
            known.pop(number - REMEMBERED, None)
            yield number, record


def side_by_side(here: Iterator[Numbered], twin: Iterator[Numbered]) -> Iterator[Pair]:
    """Give each number that either site has, once, in order."""
    streams: dict[Site, Iterator[Numbered]] = {"here": here, "twin": twin}
    heads = {site: head for site, stream in streams.items() if (head := next(stream, None)) is not None}
    while heads:
        number = min(head[0] for head in heads.values())
        seen = {site: head[1] for site, head in heads.items() if head[0] == number}
        yield Pair(number, seen, next((site for site in SITES if site not in heads), None))
        for site in seen:
            if (head := next(streams[site], None)) is None:
                del heads[site]
            else:
                heads[site] = head
