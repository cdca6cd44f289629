"""What the flow reads and of whom: works of the raw topic, by the network's devices."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from adapters.network.load import load_network
from dataflows.notifications.declaration import points_below
from tests.worlds.golden import GOLDEN

READERS = """
from dataflows.service.flows import find_flows
from adapters.kafka.topics.table import all_topics
find_flows("dataflows.notifications.declaration")
print(*next(one.readers for one in all_topics() if one.stem == "work.planned.events.v1"))
"""


def test_who_is_below_a_device_loses_power_by_a_work_there() -> None:
    network = load_network(GOLDEN / "network")
    for device in range(len(network.device_kind)):
        below = {device}
        for child in range(device, len(network.device_kind)):  # each device comes after what feeds it
            if int(network.parent[child]) in below:
                below.add(child)
        expected = network.point_number[np.isin(network.point_device, sorted(below))]
        assert points_below([network], network.device_ids[device]) == expected.tolist()
    assert points_below([network], "nowhere") == []


def test_the_flow_may_read_the_works() -> None:
    done = subprocess.run([sys.executable, "-c", READERS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ingest", "operators", "notifications"]
