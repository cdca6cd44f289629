"""`partners` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.partners.declaration faultline run partners`.

A large loss is of the whole utility, whose zones lie in several partitions: all states of outages go to one partition
of the flow's log, as partners see them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.network.area_kinds import refuse_unknown_kind
from adapters.network.shelf import find_networks
from adapters.partners.policy_file import read_partner_policy
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.contracts.registry import Log
from models.contracts.topics import OUTAGE_STATE
from models.partners.losses import Loss
from models.partners.outages import facts_of
from models.partners.output import LARGE_LOSSES, PARTNER_OUTAGES
from models.partners.partners import Partners
from models.partners.policy import PartnerPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.timeline.moment import Followed

EVERYWHERE: Final = "utility"
"""The key of all entries of the log."""


class PartnersSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path | None = Field(
        None,
        description="Folder of tables, compiled network, or folder of its versions.",
    )
    partners_policy: Path | None = Field(None, description="TOML file: what partners are told; see docs/partners.md.")


def route(followed: Followed) -> tuple[str, Any]:
    """Give what partners may be told of an outage, and what counts of it as a loss; of a forgotten one neither."""
    record = followed.record
    if record is None:
        return EVERYWHERE, [followed.key, None, None]
    loss = Loss.of(record)
    return EVERYWHERE, [record.outage_id, facts_of(record), None if loss is None else list(loss)]


def read_own_policy(path: Path | None) -> PartnerPolicy:
    """Read the flow's policy. Raises `FaultsError`."""
    return read_partner_policy(path, "--partners-policy")


def check_together(named: Mapping[str, Any]) -> None:
    """Hold the policy's kind of area to the network. Raises `FaultsError`."""
    network, path = named.get("network"), named.get("partners_policy")
    if network is not None and path is not None and (kind := read_own_policy(path).area_kind) is not None:
        refuse_unknown_kind(f"partners-policy {path}", kind, list(find_networks(network).area_kind_ids))


def equip(settings: PartnersSettings) -> Equipment:
    """Read the policy, which may change between two starts. Raises `FaultsError`."""
    policy = read_own_policy(settings.partners_policy)
    check_together(settings.model_dump())
    return Equipment((policy,), {})


LOG: Final = Log(topic="outage.partner.log.v1", summary="States of outages for partners.", owner="partners")
FOLLOWING: Final = Following(
    "partners",
    (OUTAGE_STATE,),
    (PARTNER_OUTAGES, LARGE_LOSSES),
    Partners,
    LOG,
    route,
    settings=PartnersSettings,
    options=("network", "partners_policy"),
    checks={"network": find_networks, "partners_policy": read_own_policy},
    check_together=check_together,
    equip=equip,
    usual=(PartnerPolicy(),),
)
FLOW: Final = make_flow(FOLLOWING, "Tell partners and regulators of outages. The broker is FAULTLINE_KAFKA.")
