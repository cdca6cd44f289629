"""An outage that has been over for seven days is buried and forgotten; late news of it keeps it for seven more."""

from __future__ import annotations

import orjson

from models.contracts.outputs.outage import OutageTombstone
from models.contracts.topics import METER_EVENTS, RAW_TOPICS, SCADA_EVENTS
from models.outages.engine import Engine
from models.outages.state.shared_tables import Shared
from models.outages.weights.delivery import lay_delivery
from models.outages.weights.parameters import Parameters
from tests.worlds.evidence import Evidence, Reader, moment, play
from tests.worlds.town import C, D, town

DAY = 86_400


def storm() -> Evidence:
    """A recloser opens at 0 and again eight days later."""
    evidence = Evidence()
    for at in (0, 8 * DAY):
        evidence.scada("recloser", "open", at)
        evidence.meter(f"{C} {D}", "last_gasp", at)
        evidence.scada("recloser", "closed", at + 1000)
        evidence.meter(f"{C} {D}", "power_restored", at + 1000, started=at)
    return evidence


def test_states_are_revisions_and_tombstones_with_numbers_of_their_own() -> None:
    answer = play(town(), storm().lines())
    first = answer.lifecycle[0]["outage_id"]
    ended = max(record["updated_at"] for record in answer.lifecycle if record["outage_id"] == first)
    tombstones = [record for record in answer.states if "tombstone" in record]
    assert [OutageTombstone.model_validate(record).outage_id for record in tombstones] == [first]
    assert tombstones[0]["updated_at"][8:] == f"{int(ended[8:10]) + 7:02d}{ended[10:]}"
    assert [record["sequence"] for record in answer.states] == list(range(1, len(answer.lifecycle) + 2))
    plain = [record | {"sequence": 0} for record in answer.states if "tombstone" not in record]
    assert plain == [record | {"sequence": 0} for record in answer.lifecycle]


def after_the_first() -> Reader:
    """Two days after the first opening, all of it read."""
    reader = Reader(town(), storm().lines())
    reader.advance(METER_EVENTS, 16)
    reader.advance(SCADA_EVENTS, 2)
    reader.pass_time(moment(2 * DAY))
    return reader


def test_the_state_of_the_engine_does_not_grow_for_ever() -> None:
    reader = after_the_first()
    partition = reader.engine.state.partition
    kept = (partition.known, partition.ended, partition.last_of_class)
    assert all(len(names) == 1 for names in kept)
    reader.pass_time(moment(7.5 * DAY))
    assert not any(kept)
    assert not any((partition.survivors, partition.by_name, partition.spoken_of))


def test_a_state_remembers_whom_it_has_to_bury() -> None:
    reader = after_the_first()
    reader.restart()
    assert orjson.dumps(reader.finish().states) == orjson.dumps(play(town(), storm().lines()).states)


def test_a_parameter_says_how_long_it_takes() -> None:
    network, parameters = town(), Parameters(forget_seconds=0.5)
    reader = Reader(network, storm().lines())
    shared = Shared(network, parameters, lay_delivery(network, parameters))
    reader.engine = Engine(shared, [f"{topic}/0" for topic in RAW_TOPICS])
    answer = reader.finish()
    ends = {record["outage_id"]: record["updated_at"] for record in answer.lifecycle}
    tombstones = {record["outage_id"]: record["updated_at"] for record in answer.states if "tombstone" in record}
    assert len(tombstones) >= 1
    assert all(at > ends[name] for name, at in tombstones.items())
