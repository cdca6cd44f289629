"""`alerts` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.alerts.declaration faultline run alerts`.

An area has zones of several partitions and an outage may move from one area to another, so all revisions go to one
partition of the flow's log: there are few of them, and one book of all areas is simple and right.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.cap.policy_file import read_policy
from adapters.cap.signing import find_signer
from adapters.network.area_kinds import refuse_unknown_areas
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
    from collections.abc import Mapping

    from models.alerts.issuing.issuer import Sign
    from models.alerts.issuing.policy import AlertPolicy
    from models.timeline.moment import Followed
    from models.times.offsets import Offsets

EVERYWHERE: Final = "areas"
"""The key of all entries of the log."""


class AlertsSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path = Field(description="Folder of tables, compiled network, or folder of its versions.")
    alerts_policy: Path = Field(description="TOML file: who warns, when, and in which words; see docs/cap.md.")
    alerts_key_file: Path | None = Field(
        None, description="PEM file of the RSA key that messages are signed with; they are not signed without one."
    )
    alerts_certificate_file: Path | None = Field(
        None, description="PEM file of its certificate, and of those of its authorities."
    )


def read_own_policy(path: Path) -> AlertPolicy:
    """Read the flow's policy. Raises `FaultsError`."""
    return read_policy(path, "--alerts-policy")


def route(followed: Followed) -> tuple[str, Any] | None:
    """Give what of a revision goes to the book."""
    return EVERYWHERE, list(Revision.of(followed.record))


def open_issuer(policy: AlertPolicy, areas: Areas, offsets: Offsets, sign: Sign | None, saved: Any) -> Issuer:  # noqa: ANN401
    """Make the alerts of a partition from what it was equipped with, and its state or None."""
    return Issuer(policy, areas, offsets, saved, sign)


def check_together(named: Mapping[str, Any]) -> None:
    """Look at key and certificate. Raises `FaultsError`."""
    find_signer(named.get("alerts_key_file"), named.get("alerts_certificate_file"), "--alerts-")


def equip(settings: AlertsSettings) -> Equipment:
    """Read policy and network. Raises `FaultsError`.

    Words, numbers and network may change between two starts: alerts go on by the new ones. Whom they are of and what
    one is about may not, since that names them.
    """
    policy = read_own_policy(settings.alerts_policy)
    areas = Areas(find_networks(settings.network), policy.by)
    refuse_unknown_areas(f"alerts-policy {settings.alerts_policy}", policy.areas, areas.names)
    offsets = utility_offsets(settings.time_zone)
    sign = find_signer(settings.alerts_key_file, settings.alerts_certificate_file, "--alerts-")
    return Equipment((policy, areas, offsets, sign), {"sender of alerts": policy.sender, "alerts by": policy.by})


LOG: Final = Log(topic="outage.alert.log.v1", summary="Revisions of outages for the alerts.", owner="alerts")
FOLLOWING: Final = Following(
    "alerts",
    (OUTAGE_LIFECYCLE,),
    (ALERTS,),
    open_issuer,
    LOG,
    route,
    settings=AlertsSettings,
    options=("network", "alerts_policy", "alerts_key_file", "alerts_certificate_file"),
    checks={"network": find_networks, "alerts_policy": read_own_policy},
    check_together=check_together,
    equip=equip,
)
FLOW: Final = make_flow(FOLLOWING, "Warn the public of outages (CAP 1.2), by a policy. The broker is FAULTLINE_KAFKA.")
