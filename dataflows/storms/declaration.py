"""`storms` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.storms.declaration faultline run storms`.

A storm is of the whole utility, whose zones lie in several partitions: all states of outages, and what operators order
of storms, go to one partition of the flow's log (decisions 0022 and 0024).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.network.area_kinds import refuse_unknown_kind
from adapters.network.shelf import find_networks
from adapters.process.time_zone import utility_offsets
from adapters.storms.policy_file import read_storm_policy
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.contracts.registry import Log
from models.contracts.topics import OPERATOR_ANSWERS, OUTAGE_STATE
from models.storms.ending.storms_with_endings import StormsWithEndings
from models.storms.orders import Order
from models.storms.output import OUTAGE_STORMS, STORM_ANSWERS, STORM_ESTIMATES, STORMS
from models.storms.policy import StormPolicy
from models.storms.sums import Shown
from models.times.offsets import UTC

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.timeline.moment import Followed

EVERYWHERE: Final = "utility"
"""The key of all entries of the log."""


class StormsSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path | None = Field(
        None,
        description="Folder of tables, compiled network, or folder of its versions.",
    )
    storms_policy: Path | None = Field(
        None, description="TOML file: when a storm opens and ends, and those that are declared; see docs/consuming.md."
    )


def route(followed: Followed) -> tuple[str, Any] | None:
    """Give what of an outage's state matters to storms, of one that is forgotten its id alone; and orders of storms."""
    if followed.topic == OPERATOR_ANSWERS:
        answer = followed.record
        return answer.storm_order and (EVERYWHERE, Order.of(answer.command_id, answer.storm_order)._asdict())
    return EVERYWHERE, [followed.key] if followed.record is None else list(Shown.of(followed.record))


def read_own_policy(path: Path | None) -> StormPolicy:
    """Read the flow's policy. Raises `FaultsError`."""
    return read_storm_policy(path, "--storms-policy")


def check_together(named: Mapping[str, Any]) -> None:
    """Hold the policy's kind of area to the network. Raises `FaultsError`."""
    network, path = named.get("network"), named.get("storms_policy")
    if network is not None and path is not None and (kind := read_own_policy(path).area_kind) is not None:
        refuse_unknown_kind(f"storms-policy {path}", kind, list(find_networks(network).area_kind_ids))


def equip(settings: StormsSettings) -> Equipment:
    """Read the policy, which may change between two starts: storms go on by the new one. Raises `FaultsError`."""
    policy = read_own_policy(settings.storms_policy)
    check_together(settings.model_dump())
    return Equipment((policy, utility_offsets(settings.time_zone)), {})


LOG: Final = Log(
    topic="outage.storm.log.v1", summary="States of outages, and orders of storms, for the storms.", owner="storms"
)
FOLLOWING: Final = Following(
    "storms",
    (OUTAGE_STATE, OPERATOR_ANSWERS),
    (STORMS, OUTAGE_STORMS, STORM_ANSWERS, STORM_ESTIMATES),
    StormsWithEndings,
    LOG,
    route,
    settings=StormsSettings,
    options=("network", "storms_policy"),
    checks={"network": find_networks, "storms_policy": read_own_policy},
    check_together=check_together,
    equip=equip,
    usual=(StormPolicy(), UTC),
)
FLOW: Final = make_flow(FOLLOWING, "Tell storms from outages, and what they come to. The broker is FAULTLINE_KAFKA.")
