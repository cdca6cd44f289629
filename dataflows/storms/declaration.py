"""`storms` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.storms.declaration faultline run storms`.

A storm is of the whole utility, whose zones lie in several partitions: all states of outages, and what operators order
of storms, go to one partition of the flow's log (decisions 0022 and 0024).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

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
    from models.timeline.moment import Followed

EVERYWHERE: Final = "utility"
"""The key of all entries of the log."""


class StormsSettings(FollowingSettings):
    """What the flow can be told."""

    policy: Path | None = Field(
        None, description="TOML file: when a storm opens and ends, and those that are declared; see docs/consuming.md."
    )


def route(followed: Followed) -> tuple[str, Any] | None:
    """Give what of an outage's state matters to storms, of one that is forgotten its id alone; and orders of storms."""
    if followed.topic == OPERATOR_ANSWERS:
        answer = followed.record
        return answer.storm_order and (EVERYWHERE, Order.of(answer.command_id, answer.storm_order)._asdict())
    return EVERYWHERE, [followed.key] if followed.record is None else list(Shown.of(followed.record))


def equip(settings: StormsSettings) -> Equipment:
    """Read the policy, which may change between two starts: storms go on by the new one. Raises `FaultsError`."""
    return Equipment((read_storm_policy(settings.policy), utility_offsets(settings.time_zone)), {})


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
    options=("policy",),
    checks={"policy": read_storm_policy},
    equip=equip,
    usual=(StormPolicy(), UTC),
)
FLOW: Final = make_flow(FOLLOWING, "Tell storms from outages, and what they come to. The broker is FAULTLINE_KAFKA.")
