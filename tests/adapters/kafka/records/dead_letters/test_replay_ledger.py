"""What is done is what was noted, however the spans came."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.clients.offset_range import RangeReader
from adapters.kafka.clients.producer import CheckedProducer, Outgoing
from adapters.kafka.playing.embedded import EmbeddedBroker
from adapters.kafka.records.dead_letters.replay_ledger import Done, Ledger, read_ledger

OFFSETS = st.integers(0, 30)


@given(st.lists(st.tuples(st.sampled_from("ab"), OFFSETS, OFFSETS)))
def test_spans_hold_the_offsets_that_were_noted(noted: list[tuple[str, int, int]]) -> None:
    done = Done()
    for name, first, end in noted:
        done.add(name, (first, end))
    for name in "ab":
        offsets = {offset for which, first, end in noted if which == name for offset in range(first, end)}
        assert {offset for offset in range(31) if done.has(name, offset)} == offsets
        spans = done.spans.get(name, [])
        assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_what_is_no_entry_is_passed_over(broker: EmbeddedBroker) -> None:
    ledger = Ledger("x.")
    broker.create(ledger.topic, 1)
    ledger.of("crew", 0).add("malformed", (3, 7))
    client = {"bootstrap.servers": broker.bootstrap, "log_level": 0}
    producer = CheckedProducer(client)
    for outgoing in (Outgoing(b"junk", b"crew/0"), Outgoing(b"[1]", b"\xff"), ledger.note("crew", 0), Outgoing(b"{}")):
        producer.send(ledger.topic, 0, outgoing)
    producer.flush()
    with RangeReader(client) as reader:
        assert read_ledger(reader, "x.").done == ledger.done
