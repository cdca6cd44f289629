"""A crew exchanges a meter at noon: what counts from then on, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from models.contracts.topics import METER_EVENTS
from models.evidence.kinds import EVIDENCE_KINDS
from models.ingest.file_origin import FileOrigin
from models.ingest.origin_reader import Ingested, OriginReader
from models.network.network import Network

NOON = 1_782_900_000_000
MINUTE = 60_000


class Day:
    """Messages of a file, read one by one."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.origin = FileOrigin(OriginReader(network, METER_EVENTS))

    def say(self, meter: str, kind: str, minute: int, point: str | None = None, **more: Any) -> Ingested:
        at = NOON + MINUTE * minute
        event = {"event_id": "e", "meter_id": meter, "kind": kind, "source": "mesh", "usage_point_id": point}
        line = orjson.dumps(event | {"observed_at": at, "received_at": at + 1000} | more)
        return self.origin.take([line], last=True)

    def counts(self, *said: Any, **more: Any) -> str | None:
        """The usage point that a message counts for; None if it is unused."""
        ingested = self.say(*said, **more)
        assert not ingested.dead_letters, ingested.dead_letters
        points = ingested.batch.points
        if points is None or not len(points.point):
            assert ingested.batch.unused == 1
            return None
        assert EVIDENCE_KINDS[int(points.kind[0])] == said[1]
        return str(self.network.point_ids[int(self.network.point_position[points.point[0]])])

    def refused(self, *said: Any, **more: Any) -> tuple[str, str]:
        (letter,) = self.say(*said, **more).dead_letters
        return letter.disposition, letter.message


@pytest.fixture
def day(network: Network) -> Day:
    return Day(network)


def test_from_noon_on_the_new_meter_speaks_for_the_point(day: Day) -> None:
    assert day.counts("meter-1", "last_gasp", -10) == "point-1"
    disposition, why = day.refused("new", "power_restored", -1)
    assert disposition == "unknown-usage-point"
    assert 'meter "new" is not on the network, and no installed with its usage point came before' in why
    assert day.counts("meter-1", "removed", 0) == "point-1"
    assert day.counts("new", "installed", 0, "point-1") == "point-1"
    assert day.counts("new", "last_gasp", 5) == "point-1"
    assert day.counts("meter-1", "power_restored", -2) == "point-1"  # late, of the time when it hung there
    disposition, why = day.refused("meter-1", "power_restored", 30)  # on a bench
    assert disposition == "exchanged-meter"
    assert 'meter "new" hangs where "meter-1" did' in why
    restored = day.say("new", "power_restored", 6, outage_started_at=NOON - 9000 * MINUTE).batch.points
    assert restored is not None
    assert restored.outage_started_at.tolist() == [0]  # of the days in the store
    assert day.counts("new", "installed", 0, "point-1") == "point-1"
    assert len(day.origin.mountings.heard) == 1  # a copy is no news


def test_meters_that_move_come_back_and_are_never_seen(day: Day) -> None:
    assert day.counts("meter-2", "installed", 0, "point-2") == "point-2"
    assert not day.origin.mountings.heard  # the tables have it
    assert day.counts("never", "removed", 0) is None
    assert day.counts("never", "installed", 0) is None
    assert not day.origin.mountings.heard
    disposition, why = day.refused("new", "installed", 0, "nowhere")
    assert (disposition, why.split(":")[0]) == ("unknown-usage-point", 'usage point "nowhere" is not on the network')
    assert day.counts("meter-2", "installed", 1, "point-3") == "point-3"  # moved, and two meters at one point
    assert day.counts("meter-2", "last_gasp", 2) == "point-3"
    assert day.refused("meter-3", "last_gasp", 2)[0] == "exchanged-meter"
    assert day.counts("meter-3", "removed", 2) is None  # its successor is no less there
    assert day.counts("meter-2", "removed", 3) == "point-3"
    assert "was removed at" in day.refused("meter-2", "ping_on", 4)[1]
    assert day.counts("meter-3", "installed", 5, "point-3") == "point-3"  # the old one again
    assert day.counts("meter-3", "last_gasp", 6) == "point-3"
    assert day.counts("new", "installed", 7, "point-5") == "point-5"  # a point that had none


def test_a_mounting_that_is_refused_counts_for_nothing(day: Day) -> None:
    assert day.counts("meter-1", "ping_on", 0) == "point-1"
    late = {"received_at": NOON - 8 * 24 * 60 * MINUTE}
    assert day.refused("new", "installed", 1, "point-1", **late)[0] == "late"
    assert day.refused("new", "last_gasp", 2)[0] == "unknown-usage-point"
    assert day.counts("meter-1", "last_gasp", 3) == "point-1"
    assert day.counts("new", "installed", 4, "point-1", observed_at=NOON + 99_999 * MINUTE) == "point-1"
    assert day.origin.mountings.heard[0].since == NOON + 4 * MINUTE + 1000  # by a clock that nobody believes
