"""`asking` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.asking.declaration faultline run asking`.

A branch stays in its zone and a zone in its partition, so the flow's partitions are those of the outages.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.asking.policy_file import read_asking_policy
from adapters.network.shelf import find_networks
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.asking.asking import Asking
from models.asking.news import doubtful
from models.asking.output import PINGS
from models.asking.policy import AskingPolicy
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.network.network import Network


class AskingSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path = Field(description="Folder of tables, compiled network, or folder of its versions.")
    asking_policy: Path | None = Field(None, description="TOML file: whom to ask, and how many; see docs/asking.md.")


def equip(settings: AskingSettings) -> Equipment:
    """Read network and policy. Raises `FaultsError`.

    Both may change between two starts: who is asked then is by the new ones.
    """
    return Equipment((find_networks(settings.network), read_asking_policy(settings.asking_policy)), {})


def usual(networks: Sequence[Network]) -> tuple[Any, ...]:
    """Make what the flow needs in a replay."""
    return max(networks, key=lambda one: len(one.point_position)), AskingPolicy()


FOLLOWING: Final = Following(
    "asking",
    (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP),
    (PINGS,),
    Asking,
    keep=doubtful,
    settings=AskingSettings,
    options=("network", "asking_policy"),
    checks={"network": find_networks, "asking_policy": read_asking_policy},
    equip=equip,
    usual=usual,
)
FLOW: Final = make_flow(FOLLOWING, "Say whom to ask whether power is back. The broker is FAULTLINE_KAFKA.")
