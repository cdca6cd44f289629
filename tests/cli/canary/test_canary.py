"""The canary on a real Kafka: what it makes is found, and stands on topics of its own and on no other."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen
from urllib.request import urlopen

import orjson
import pytest

from dataflows.service.flows import find_flows
from models.contracts.registry import outputs
from models.contracts.topics import CANARY_LIFECYCLE, OUTAGE_CLOCK, RAW_TOPICS, dead_letter_topic
from models.network.canary.names import is_canary
from scripts.kafka.ports import HOST, free_ports
from tests.chaos.topics import read_topics
from tests.peers.commands import Operator
from tests.peers.kafka import eventually
from tests.peers.prometheus import prometheus
from tests.worlds.golden import GOLDEN

PARTITIONS = 2
QUICK = """
delivery = 0.99
restoration_delivery = 0.99
[sources.quick]
share = 1.0
hold_off = [[0.1, 0.0], [0.2, 1.0]]
gasp = [[0.3, 0.2], [0.6, 0.6], [1.0, 0.98], [2.0, 0.999]]
restored = [[0.3, 0.2], [0.6, 0.6], [1.0, 0.98], [2.0, 0.999]]
"""
"""Meters that say at once what happens: the laws are the model's, so the canary's are the same."""
pytestmark = pytest.mark.xdist_group("canary")


class Stage:
    """Both flows and a canary; what its port says."""

    def __init__(self, folder: Path, operator: Operator) -> None:
        self.operator, self.folder = operator, folder
        self.port, *ports = free_ports(3)
        self.flows = {name: f"{HOST}:{port}" for name, port in zip(find_flows(), ports, strict=True)}

    def flow(self, name: str) -> Popen[str]:
        options = ("--network", self.folder / "network", "--state", self.folder / name, "--listen", self.flows[name])
        model = ("--model", self.folder / "model.toml") if name == "outages" else ()
        return self.operator.start("run", name, *options, *model)

    def counted(self, outcome: str) -> float:
        text = urlopen(f"http://{HOST}:{self.port}/metrics", timeout=60).read().decode()
        found = re.search(rf"^faultline_canary_{outcome} ([0-9.e+]+)$", text, re.MULTILINE)
        assert found, text
        return float(found[1])


@pytest.fixture
def stage(tmp_path: Path, kafka: str, prefix: str) -> Iterator[Stage]:
    operator = Operator(kafka, prefix, PARTITIONS)
    (tmp_path / "model.toml").write_text(QUICK)
    options = ("--evidence-partitions", PARTITIONS, "--canary", "--output", tmp_path / "network")
    made = operator.run("network", "compile", "--network", GOLDEN / "network", *options)
    assert made.returncode == 0, made.stderr
    stage = Stage(tmp_path, operator)
    with ExitStack() as stack:
        for name in find_flows():
            process = stage.flow(name)
            stack.callback(process.communicate)
            stack.callback(process.kill)
        eventually(lambda: all(map(_answers, stage.flows.values())))
        yield stage


def test_what_it_makes_is_found_and_stands_nowhere_else(stage: Stage) -> None:
    listen = f"{HOST}:{stage.port}"
    options = ("--network", stage.folder / "network", "--model", stage.folder / "model.toml", "--listen", listen)
    process = stage.operator.start("canary", *options, "--every", 30, "--lasting", 10)
    with ExitStack() as stack:
        stack.callback(process.communicate)
        stack.callback(process.kill)
        eventually(lambda: _answers(listen))
        if shutil.which("prometheus"):
            watched = stack.enter_context(prometheus(stage.folder / "p", {"faultline-canary": [listen]}, "groups: []"))
            right = 'sum(faultline_canary_outages_total{outcome="right"}) >= 1'
            eventually(lambda: bool(watched.query(right)))
        eventually(lambda: stage.counted('restorations_total{outcome="right"}') >= 1)
        for address in stage.flows.values():
            shown = urlopen(f"http://{address}/metrics", timeout=60).read().decode()
            assert "faultline.canary" not in shown
            assert not re.search(
                r"^faultline_(end_to_end_delay_seconds_count|customers_out.*) [1-9]", shown, re.MULTILINE
            )
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
    stems = [output.topic for output in outputs() if output.topic != OUTAGE_CLOCK]
    stems += [dead_letter_topic(topic) for topic in RAW_TOPICS]
    places = [(stage.operator.prefix + stem, part) for stem in stems for part in range(PARTITIONS)]
    read = read_topics(stage.operator.client["bootstrap.servers"], places)
    written = {name.removeprefix(stage.operator.prefix) for (name, _), records in read.items() if records}
    assert {stem.split(".")[0] for stem in written} == {"canary"}, told
    for part in range(PARTITIONS):
        records = read[stage.operator.prefix + CANARY_LIFECYCLE, part]
        told_of = [orjson.loads(record.value or b"") for record in records]
        assert {record["zone_id"] for record in told_of} <= {f"faultline.canary.{part:05d}"}
        assert all(map(is_canary, (record["device_id"] for record in told_of)))
        assert [record["sequence"] for record in told_of] == list(range(1, len(told_of) + 1))


def test_it_is_refused_with_every_fault(tmp_path: Path, kafka: str, prefix: str) -> None:
    operator = Operator(kafka, prefix, 1)
    given = ("--network", GOLDEN / "network", "--model", tmp_path / "none.toml", "--every", 30, "--lasting", 20)
    refused = operator.run("canary", *given)
    assert refused.returncode == 2
    for fault in ("has no canary zones; compile it by", "--every 30 leaves no time", "none.toml"):
        assert fault in refused.stderr


def _answers(address: str) -> bool:
    try:
        return bool(urlopen(f"http://{address}/readyz", timeout=60).status == 200)
    except OSError:
        return False
