"""`alerts` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.alerts.declaration faultline run alerts`.

An area has zones of several partitions and an outage may move from one area to another, so all revisions go to one
partition of the flow's log: there are few of them, and one book of all areas is simple and right.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.cap.policy_file import read_policy
from adapters.network.shelf import find_networks
from adapters.process.time_zone import utility_offsets
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.alerts.issuing.areas import Areas
from models.alerts.issuing.book import Revision
from models.alerts.issuing.issuer import Issuer
from models.alerts.issuing.output import ALERTS
from models.contracts.registry import Log
from models.contracts.topics import OUTAGE_LIFECYCLE

if TYPE_CHECKING:
    from models.timeline.moment import Followed

EVERYWHERE: Final = "areas"
"""The key of all entries of the log."""


class AlertsSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path = Field(description="Folder of tables, compiled network, or folder of its versions.")
    policy: Path = Field(description="TOML file: who warns, when, and in which words; see docs/cap.md.")


def route(followed: Followed) -> tuple[str, Any] | None:
    """Give what of a revision goes to the book."""
    return EVERYWHERE, list(Revision.of(followed.record))


def equip(settings: AlertsSettings) -> Equipment:
    """Read policy and network. Raises `FaultsError`.

    Words, numbers and network may change between two starts: alerts go on by the new ones. Whom they are of and what
    one is about may not, since that names them.
    """
    policy = read_policy(settings.policy)
    areas = Areas(find_networks(settings.network), policy.by)
    offsets = utility_offsets(settings.time_zone)
    return Equipment((policy, areas, offsets), {"sender of alerts": policy.sender, "alerts by": policy.by})


LOG: Final = Log(topic="outage.alert.log.v1", summary="Revisions of outages for the alerts.", owner="alerts")
FOLLOWING: Final = Following(
    "alerts",
    (OUTAGE_LIFECYCLE,),
    (ALERTS,),
    Issuer,
    LOG,
    route,
    settings=AlertsSettings,
    options=("network", "policy"),
    checks={"network": find_networks, "policy": read_policy},
    equip=equip,
)
FLOW: Final = make_flow(FOLLOWING, "Warn the public of outages (CAP 1.2), by a policy. The broker is FAULTLINE_KAFKA.")
