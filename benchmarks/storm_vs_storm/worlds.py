"""What is compared: joints as utilities have them, each assumption moved, and events.

Where the figures come from. Maps are made anew from the outage management system every 10 minutes (Evergy, Colorado
Springs) or 15 (Central Hudson, Pacific Power), as their own pages say. Oracle's IVR adapter for its outage management
polls tables, with a period and a number of calls a poll that are set (Adapters Guide, Generic IVR Adapter); what they
are set to is nobody's to read. 8 to 12 % of the customers without power report it (Schneider, Leveraging AMI for
Outage Management, 2012): `asks_at_once`. How much the engine can answer, how often customers ask, and the CIS's period
are assumptions; so all of these are moved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from benchmarks.storm_vs_storm.joints import Direct, Export, Feed
from benchmarks.storm_vs_storm.play import World

ALL: Final = 1 << 30
POLLED: Final = World(
    app=Direct(), ivr=Feed(60, 1_000), cis=Feed(900, 10_000), board=Export(900), capacity=200.0
)  # fmt: skip
EVENTS: Final = World(app=Feed(1, ALL), ivr=Feed(1, ALL), cis=Feed(30, 60_000), board=Feed(5, ALL), delay=3)
"""Who reads the topic: the status API and what asks it each second; a map that is pushed to; a CIS that commits every
half minute and writes 2,000 rows a second. The delay is what the whole way to the life cycle takes live, p99 of 2 to 3
seconds at 110,000 events/s (benchmarks/kafka), rounded up."""

MOVED: Final[dict[str, World]] = {
    "polled": POLLED,
    "polls ten times as often": replace(POLLED, ivr=Feed(6, 1_000), cis=Feed(90, 10_000), board=Export(90)),
    "the same, batches a tenth": replace(POLLED, ivr=Feed(6, 100), cis=Feed(90, 1_000), board=Export(90)),
    "IVR 5 min, CIS 1 h, board 30 min": replace(
        POLLED, ivr=Feed(300, 1_000), cis=Feed(3600, 10_000), board=Export(1800)
    ),
    "batches without limit": replace(POLLED, ivr=Feed(60, ALL), cis=Feed(900, ALL)),
    "batches a half": replace(POLLED, ivr=Feed(60, 500), cis=Feed(900, 5_000)),
    "engine answers 50/s": replace(POLLED, capacity=50.0),
    "engine answers 1,000/s": replace(POLLED, capacity=1_000.0),
    "customers ask 12 times an hour": replace(POLLED, asks_an_hour=12.0),
    "the same, engine answers 50/s": replace(POLLED, asks_an_hour=12.0, capacity=50.0),
    "best of all: ten times as often, no limit, 1,000/s": replace(
        POLLED, ivr=Feed(6, ALL), cis=Feed(90, ALL), board=Export(90), capacity=1_000.0
    ),
}
READ: Final[dict[str, World]] = {
    "events": EVENTS,
    "ten times as late: 30 s, CIS 5 min": replace(EVENTS, cis=Feed(300, 600_000), board=Feed(50, ALL), delay=30),
    "CIS down for the first half hour": replace(EVENTS, cis=Feed(30, 60_000, range(1_800))),
    "customers ask 12 times an hour, events": replace(EVENTS, asks_an_hour=12.0),
}
