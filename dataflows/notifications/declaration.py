"""`notifications` as a flow of one's own: FAULTLINE_FLOWS names this module, `faultline run notifications` runs it.

Usage points of an account lie in several partitions, may move to another account and be of several, so news of outages
go to all partitions of the flow's log, and accounts to that of their id (decision 0029).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import Field

from adapters.customers.policy_file import read_customer_policy
from adapters.messages.words_file import read_words
from adapters.network.shelf import NetworkShelf, find_networks
from adapters.notifications.policy_file import read_notification_policy
from adapters.process.time_zone import ZoneOffsets
from dataflows.following.declaration import Equipment, Following, make_flow
from dataflows.following.settings import FollowingSettings
from models.contracts.topics import CALL_EVENTS, OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, WORK_EVENTS, ZONE_HEALTH
from models.customers.news import news_of
from models.customers.point_names import PointNames
from models.notifications.equipment import Equipment as Means
from models.notifications.news_in_json import write_news
from models.notifications.notifications import Notifications
from models.notifications.output import ACCOUNTS, LOG, NOTIFICATIONS, RECEIPTS, REPLIES
from models.notifications.outside.callers import CallReader
from models.notifications.outside.planned import WorkReader
from models.notifications.outside.reading import AccountReader, read_receipt, read_reply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from models.network.network import Network
    from models.timeline.moment import Followed
    from models.timeline.tables import ReadTable


class NotificationsSettings(FollowingSettings):
    """What the flow can be told."""

    network: Path = Field(description="Folder of tables, compiled network, or folder of its versions.")
    notifications_policy: Path | None = Field(
        None, description="TOML file: who is told what, and when; see docs/notifications.md."
    )
    customers_policy: Path | None = Field(None, description="The policy file of the flow customers, if it has one.")
    words: Path | None = Field(None, description="TOML file of words; see docs/customers.md.")


def route(followed: Followed) -> tuple[str, Any] | None:
    """Give what of a record customers' states are made of."""
    return None if followed.record is None else ("", write_news(followed.record))


def equip(settings: NotificationsSettings) -> Equipment:
    """Read policies, words and network. Raises `FaultsError`.

    All may change between two starts: who is told then is told by the new ones.
    """
    shelf = NetworkShelf(settings.network)
    networks = shelf.all()
    zones = ZoneOffsets(settings.time_zone)
    means = Means(
        PointNames(networks, shelf.all),
        read_customer_policy(settings.customers_policy),
        read_notification_policy(settings.notifications_policy),
        read_words(settings.words),
        zones,
    )
    reader = AccountReader(partial(numbers_of, networks), zones.knows)
    readers: dict[str, ReadTable] = {ACCOUNTS.topic: reader, RECEIPTS.topic: read_receipt, REPLIES.topic: read_reply}
    readers[CALL_EVENTS] = CallReader(partial(numbers_of, networks))
    readers[WORK_EVENTS] = WorkReader(partial(points_below, networks))
    return Equipment((means,), {}, readers)


def numbers_of(networks: Sequence[Network], usage_points: Sequence[str]) -> list[int]:
    """Give the stable numbers of usage points, -1 of those that no version of the network has."""
    numbers = np.full(len(usage_points), -1, np.int64)
    for network in networks:
        positions = network.find_points(usage_points)
        here = (numbers < 0) & (positions >= 0)
        numbers[here] = network.point_number[positions[here]]
    found: list[int] = numbers.tolist()
    return found


def points_below(networks: Sequence[Network], device_id: str) -> list[int]:
    """Give the stable numbers of the usage points below a device, in the latest version that has it."""
    for network in sorted(networks, key=lambda one: len(one.device_position), reverse=True):
        if (device := int(network.find_devices([device_id])[0])) >= 0:
            below: list[int] = network.point_number[network.point_start[device] : network.point_end[device]].tolist()
            return below
    return []


FOLLOWING: Final = Following(
    "notifications",
    (OUTAGE_LIFECYCLE, OUTAGE_MEMBERSHIP, ZONE_HEALTH),
    (NOTIFICATIONS,),
    Notifications,
    LOG,
    route,
    everywhere=True,
    tables=(ACCOUNTS, RECEIPTS, REPLIES),
    imports=(CALL_EVENTS, WORK_EVENTS),
    sends=(CALL_EVENTS,),
    keep=news_of,
    settings=NotificationsSettings,
    options=("network", "notifications_policy"),
    checks={
        "network": find_networks,
        "notifications_policy": read_notification_policy,
        "customers_policy": read_customer_policy,
        "words": read_words,
    },
    equip=equip,
)
FLOW: Final = make_flow(FOLLOWING, "Tell customers of each change that matters. The broker is FAULTLINE_KAFKA.")
