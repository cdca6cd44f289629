"""How long a message takes, from the revisions of outages to the XML, over a large town."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Final

import numpy as np

from adapters.network.load import load_network
from adapters.tables.write import write_tables
from models.alerts.issuing.areas import Areas
from models.alerts.issuing.book import Revision
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.policy import AlertPolicy
from models.timeline.moment import Followed
from models.times.iso8601 import format_time
from simulator.options import SUMMER_AFTERNOON
from simulator.utility.generate import draw_utility

if TYPE_CHECKING:
    from models.network.network import Network

TOWN: Final = 200_000
SIZES: Final = (1, 10, 100, 1_000, 10_000, 50_000)
MESSAGES: Final = 20
POLICY: Final = AlertPolicy(
    sender="outages@utility.example",
    sender_name="Example Utility",
    least_customers=10,
    least_anyway=10,
    end_customers=1,
)


class _OneArea(Areas):
    """All devices lie in one area, which is called otherwise for each message."""

    name = ""

    def area_of(self, device_id: str, zone_id: str) -> str:  # noqa: ARG002 (as the others)
        """Give the one area."""
        return self.name


def seconds_a_message() -> dict[int, float]:
    """Give the mean of some messages by size, each about outages of at least so many points together."""
    with TemporaryDirectory(prefix="faultline-cap-") as folder:
        tables = Path(folder) / "town"
        tables.mkdir()
        write_tables(tables, "csv", (part.tables for part in draw_utility(TOWN, 1)))
        network = load_network(tables)
    areas = _OneArea(network, POLICY.by)
    issuer = Issuer(POLICY, areas)
    return {points: _of_size(network, areas, issuer, points) for points in SIZES}


def _of_size(network: Network, areas: _OneArea, issuer: Issuer, points: int) -> float:
    """Each message is about other devices, drawn among those of up to the size that share no point."""
    said, began = 0, perf_counter()
    for number in range(MESSAGES):
        areas.name = f"{points}-{number}"
        at = SUMMER_AFTERNOON + 1000 * (number + 1)
        records = [
            Followed("log", place, "areas", list(_revision(network, f"{areas.name}-{place}", device, at)))
            for place, device in enumerate(_devices(network, points, number))
        ]
        said += len(list(issuer.live(at, records)))
    if said != MESSAGES:
        raise RuntimeError(f"{said} messages of {MESSAGES}; look at the policy's thresholds")
    return (perf_counter() - began) / said


def _devices(network: Network, points: int, seed: int) -> list[int]:
    sizes = network.point_end - network.point_start
    taken, chosen, out = np.zeros(len(network.point_device), np.bool_), [], 0
    for device in np.random.default_rng(seed).permutation(np.flatnonzero((sizes > 0) & (sizes <= points))).tolist():
        below = slice(int(network.point_start[device]), int(network.point_end[device]))
        if not taken[below].any():
            taken[below] = True
            chosen.append(device)
            out += int(sizes[device])
        if out >= points:
            break
    return chosen


def _revision(network: Network, name: str, device: int, at: int) -> Revision:
    time, zone = format_time(at), network.zone_ids[int(network.device_zone[device])]
    customers = int(network.customers[network.point_start[device] : network.point_end[device]].sum())
    return Revision(
        name, "detected", zone, network.device_ids[device], max(customers, POLICY.least_anyway), time, "confirmed",
        time, planned=False, held=False, merged_into=None,
    )  # fmt: skip
