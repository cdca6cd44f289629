"""`customers` as a flow of one's own: `FAULTLINE_FLOWS=dataflows.customers.declaration faultline run customers`.

A usage point stays in its zone and a zone in its partition, so the flow's partitions are those of the outages and it
needs no log of its own (decision 0025).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field

from adapters.customers.policy_file import read_customer_policy
from adapters.network.shelf import NetworkShelf, find_networks
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.contracts.topics import OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, ZONE_HEALTH
from models.customers.customers import Customers
from models.customers.news import news_of
from models.customers.output import CUSTOMER_POWER
from models.customers.point_names import PointNames
from models.customers.policy import CustomerPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.network.network import Network


class CustomersSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path = Field(description="Folder of tables, compiled network, or folder of its versions.")
    customers_policy: Path | None = Field(
        None, description="TOML file: which changes are written; see docs/customers.md."
    )


def equip(settings: CustomersSettings) -> Equipment:
    """Read policy and network. Raises `FaultsError`.

    Both may change between two starts: what is written then is written by the new ones.
    """
    shelf = NetworkShelf(settings.network)
    return Equipment((PointNames(shelf.all(), shelf.all), read_customer_policy(settings.customers_policy)), {})


def usual(networks: Sequence[Network]) -> tuple[Any, ...]:
    """Make what the flow needs in a replay."""
    return PointNames(networks), CustomerPolicy()


FOLLOWING: Final = Following(
    "customers",
    (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, ZONE_HEALTH),
    (CUSTOMER_POWER,),
    Customers,
    keep=news_of,
    settings=CustomersSettings,
    options=("network", "customers_policy"),
    checks={"network": find_networks, "customers_policy": read_customer_policy},
    equip=equip,
    usual=usual,
)
FLOW: Final = make_flow(FOLLOWING, "Say of each customer how it stands. The broker is FAULTLINE_KAFKA.")
