"""The table of topics: what must hold whatever the numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kafka.topics.declaration import FOR_EVER
from adapters.kafka.topics.table import all_topics, configuration, layout
from adapters.reference.event_pages import all_contracts
from models.contracts import topics as names
from models.contracts.registry import PEOPLE
from models.refusal import FaultsError

NUMBERS = st.integers(1, 1000)
PREFIXES = st.text("abcXYZ019._-", max_size=200)
DAY = 86_400_000


def test_every_name_of_a_topic_is_in_the_table_once() -> None:
    named = {value for name, value in vars(names).items() if name.isupper() and isinstance(value, str)}
    named |= {names.dead_letter_topic(topic) for topic in names.RAW_TOPICS}
    stems = [topic.stem for topic in all_topics()]
    assert sorted(stems) == sorted(named)


def test_contracts_and_topics_name_each_other() -> None:
    """In files dead letters and tombstones are JSON, in Kafka the refused record's own bytes and no value."""
    told = {(contract.name, topic) for contract in all_contracts() for topic in contract.topics}
    in_files = {"dead_letter", "fault", "outage_tombstone", "abnormal_tombstone"}
    told = {(name, topic) for name, topic in told if name not in in_files}
    assert {(topic.contract, topic.stem) for topic in all_topics() if topic.contract} == told


@given(NUMBERS, NUMBERS, PREFIXES, st.booleans())
def test_each_topic_has_the_prefix_and_the_partitions_of_its_rule(
    raw: int, evidence: int, prefix: str, played: bool
) -> None:
    topics = layout(raw, evidence, prefix, played=played)
    assert [topic.name for topic in topics] == [prefix + topic.stem for topic in all_topics()]
    assert all(topic.partitions == {"raw": raw, "evidence": evidence}[topic.rule] for topic in topics)
    # Who writes with a number of its own for each evidence partition needs as many partitions.
    assert {topic.rule for topic in topics if topic.owner == "outages"} == {"evidence"}
    assert all(
        configuration(topic).get("retention.ms") == str(FOR_EVER)
        for topic in topics
        if played and topic.timestamp == "CreateTime" and topic.cleanup == "delete"
    )


def test_only_what_is_played_takes_the_time_of_its_writer_into_the_flows() -> None:
    for played, wanted in ((False, "LogAppendTime"), (True, "CreateTime")):
        times = {topic.stem: topic.timestamp for topic in layout(1, 1, played=played)}
        assert {times[stem] for stem in names.RAW_TOPICS} == {wanted}
        assert times[names.EVIDENCE_LOG] == "LogAppendTime"


def test_roles_are_told_apart() -> None:
    for topic in all_topics():
        assert topic.owner in topic.writers
        assert {*topic.readers, *topic.writers} <= {*PEOPLE, "ingest", "outages"}
        assert "consumers" not in topic.writers
        assert (topic.event_type is not None) == ("consumers" in topic.readers or topic.stem.startswith("canary."))
    for flow in ("ingest", "outages"):
        # A sink continues where its topic ends, so it reads what it writes.
        assert all(flow in topic.readers for topic in all_topics() if topic.owner == flow)


def test_the_configuration_is_what_kafka_calls_it() -> None:
    topics = {topic.stem: topic for topic in all_topics()}
    assert configuration(topics[names.METER_EVENTS]) == {
        "cleanup.policy": "delete",
        "max.message.bytes": str(1 << 20),
        "message.timestamp.type": "LogAppendTime",
        "retention.ms": str(7 * DAY),
    }
    state = configuration(topics[names.OUTAGE_STATE])
    assert state["cleanup.policy"] == "compact"
    assert "retention.ms" not in state
    assert int(state["segment.ms"]) < int(state["delete.retention.ms"])


def test_wrong_numbers_and_letters_are_told_at_once() -> None:
    with pytest.raises(FaultsError) as refused:
        layout(0, -1, "storm " * 60)
    assert len(refused.value.faults) == 4
