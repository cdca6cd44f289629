"""Ingest is ready when it has come to the end of every partition that it reads, and stays so."""

from types import SimpleNamespace
from typing import Any

from adapters.kafka.clients.consumer import Polled
from adapters.process.pulse import Pulse
from dataflows.ingest.watch import IngestMetrics
from models.contracts.topics import RAW_TOPICS


def test_it_is_ready_at_the_ends_of_all_partitions() -> None:
    cluster = SimpleNamespace(prefix="x.", name=lambda stem: f"x.{stem}")
    prepared: Any = SimpleNamespace(
        version="1", network=SimpleNamespace(version="2"), cluster=cluster, own_partitions=lambda _topic: [0, 3]
    )
    released: Any = SimpleNamespace(network_version="3", origins={}, exchanged=lambda: {"standing": 2})
    pulse = Pulse()
    watch = IngestMetrics(prepared, pulse)
    assert 'network_version="2"' in watch.metrics.exposition()[0].decode()
    watch.flushed(released)
    shown = watch.metrics.exposition()[0].decode()
    assert 'network_version="3"' in shown
    assert 'faultline_exchanged_meters{standing="standing"} 2' in shown
    places = [(f"x.{topic}", part) for topic in RAW_TOPICS for part in (0, 3)]
    for place in places:
        assert not pulse.caught_up
        watch.polled(Polled(ends={place: 7}))
    assert pulse.caught_up
    watch.polled(Polled())
    watch.polled(Polled(ends={places[0]: 9}))
    assert pulse.caught_up
