"""`suspects` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.suspects.declaration faultline run suspects`.

A usage point stays in its zone and a zone in its partition, and a meter is looked for in its zone alone, so the flow's
partitions are those of the outages and it needs no log of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.network.shelf import find_networks
from adapters.suspects.policy_file import read_suspect_policy
from adapters.suspects.rejections import read_rejections
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP
from models.suspects.news import evidence_of
from models.suspects.output import SUSPECTS
from models.suspects.policy import SuspectPolicy
from models.suspects.suspects import Suspects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.network.network import Network


class SuspectsSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path = Field(description="Folder of tables, compiled network, or folder of its versions.")
    suspects_policy: Path | None = Field(None, description="TOML file: how sure a suspicion is; see docs/suspects.md.")
    suspects_rejected: Path | None = Field(
        None, description="CSV file of what was looked at and found right; see faultline network suspects --reject."
    )


def equip(settings: SuspectsSettings) -> Equipment:
    """Read network, policy and rejections. Raises `FaultsError`.

    All may change between two starts: what is suspected then is reviewed by the new ones.
    """
    network = find_networks(settings.network)
    policy, rejected = read_suspect_policy(settings.suspects_policy), read_rejections(settings.suspects_rejected)
    return Equipment((network, policy, rejected), {})


def usual(networks: Sequence[Network]) -> tuple[Any, ...]:
    """Make what the flow needs in a replay."""
    return max(networks, key=lambda one: len(one.point_position)), SuspectPolicy(), frozenset()


FOLLOWING: Final = Following(
    "suspects",
    (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP),
    (SUSPECTS,),
    Suspects,
    keep=evidence_of,
    settings=SuspectsSettings,
    options=("network", "suspects_policy", "suspects_rejected"),
    checks={
        "network": find_networks,
        "suspects_policy": read_suspect_policy,
        "suspects_rejected": read_rejections,
    },
    equip=equip,
    usual=usual,
)
FLOW: Final = make_flow(FOLLOWING, "Find meters at the wrong transformer. The broker is FAULTLINE_KAFKA.")
