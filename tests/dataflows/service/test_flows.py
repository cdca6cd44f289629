"""The registry of flows, walked: each is whole, in every wing."""

from pathlib import Path

import pytest

from adapters.kafka.topics.table import all_topics
from adapters.metrics.table import measured_flows, rows_of
from adapters.reference.event_pages import all_contracts
from dataflows.outages.outputs import PICKS
from dataflows.service.flows import Flow, find_flows
from dataflows.service.pages import flow_page
from dataflows.service.settings import OPTIONS, ServiceSettings
from models.contracts.registry import PEOPLE, outputs
from models.outages.publishing import Published
from models.refusal import FaultsError

HOME = Path(__file__).parents[3]
FLOWS = list(find_flows().values())


def test_the_committed_page_is_what_the_flows_say() -> None:
    assert (HOME / "docs" / "reference" / "flows.md").read_text("utf-8") == flow_page(), "run `make reference`"


def test_flows_come_in_the_order_of_the_stream_and_no_role_is_left_over() -> None:
    names = [flow.name for flow in FLOWS]
    known = {role for topic in all_topics() for role in (*topic.readers, *topic.writers)}
    assert known == {*names, *PEOPLE}
    assert measured_flows() == tuple(names)
    made: set[str] = set()
    for flow in FLOWS:
        ours = {topic.stem for topic in all_topics() if topic.owner == flow.name}
        by_others = {topic.stem for topic in all_topics() if topic.owner in names} - ours
        assert set(flow.reads) & by_others <= made, "it reads what comes of an earlier flow"
        made |= ours


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_a_flow_has_its_parts(flow: Flow) -> None:
    topics = {topic.stem: topic for topic in all_topics()}
    assert all(flow.name in topics[stem].readers for stem in flow.reads)
    assert issubclass(flow.settings, ServiceSettings)
    assert {*OPTIONS, *flow.options} <= flow.settings.model_fields.keys()
    assert all(field.description for field in flow.settings.model_fields.values())
    contracts = {name: topics for name, _, topics in all_contracts()}
    for output in outputs(flow.name):
        assert output.topic in contracts[output.contract.name]
        assert {output.key, output.counted, "sequence"} <= output.contract.model.model_fields.keys()
    assert rows_of(flow.name)
    chaos = [path.read_text("utf-8") for path in (HOME / "tests" / "chaos").glob("test_*.py")]
    assert any(f'"{flow.name}"' in text for text in chaos), "no test kills it and lets it go on"
    wings = [HOME / wing / flow.name for wing in ("models", "dataflows", "tests/models")]
    assert [wing for wing in wings if not wing.is_dir()] == []


def test_each_output_of_the_engine_is_picked_from_what_it_publishes() -> None:
    assert list(PICKS) == [output.name for output in outputs("outages")]
    assert all(pick(Published()) == [] for pick in PICKS.values())


@pytest.mark.parametrize("own", ["no.such.module", "dataflows.ingest.settings", "dataflows.ingest.declaration"])
def test_a_module_without_a_flow_of_its_own_is_refused(own: str) -> None:
    with pytest.raises(FaultsError, match=own.replace(".", r"\.")):
        find_flows(own)
