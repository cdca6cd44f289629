"""A subscription that outlives its connection: it is transferred to the next session, or made anew.

On the library's session services, since its own subscription neither shows sequence numbers nor lets a burst in without
a task for each value.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from adapters.connectors.clock import now_us
from adapters.opcua.data_values import microseconds, sample_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from asyncua.client.ua_session import UaSession

    from adapters.opcua.settings import EndpointSettings
    from models.telemetry.reports import Sample

WAIT_SECONDS: Final = 0.5
EVENTS: Final = 0xFFFF_FFFF
"""Client handle of the item that brings events."""
MOST_AT_ONCE: Final = 10_000
"""Values of one message: after a cut more may wait than is taken of one."""
MOST_BEHIND_US: Final = 60_000_000
"""A server whose clock is further behind than this says nothing by it."""
_LAST_SEQUENCE: Final = 0xFFFF_FFFF
Values = list[tuple[int, "Sample"]]


class Item:
    """A node to follow: its handle, and the least change of its number that is told."""

    __slots__ = ("deadband", "handle", "node_id")

    def __init__(self, handle: int, node_id: ua.NodeId, deadband: float = 0.0) -> None:
        self.handle, self.node_id, self.deadband = handle, node_id, deadband


class Subscription:
    """One subscription on one server."""

    def __init__(
        self,
        settings: EndpointSettings,
        on_values: Callable[[Values], None],
        on_events: Callable[[list[Any]], None],
    ) -> None:
        """`on_values` takes samples by handle, `on_events` the fields of events, each as they came."""
        self._settings, self._on_values, self._on_events = settings, on_values, on_events
        self._sequence = 0
        self.id: int | None = None
        self.heard_at = time.monotonic()
        self.heard_us = now_us()
        """When anything last came, by both clocks."""
        self.handled_us = self.heard_us
        """Up to when all that the server had to tell has been handed on."""
        self._came = asyncio.Event()
        self.sampling_seconds = 0.0
        """How often the server looks at the slowest node; 0 where each change is a value."""
        self.lost = 0
        """Notifications that the server could not send again."""
        self.ended: str | None = None
        """Why the server has ended it."""
        self.keep_alive_seconds = settings.publishing_seconds * settings.keep_alive_count

    async def create(self, session: UaSession) -> None:
        """Make it anew, without items."""
        settings = self._settings
        params = ua.CreateSubscriptionParameters()
        params.RequestedPublishingInterval = settings.publishing_seconds * 1000
        params.RequestedMaxKeepAliveCount = settings.keep_alive_count
        wanted = int(settings.lifetime_seconds / settings.publishing_seconds)
        params.RequestedLifetimeCount = max(wanted, 3 * settings.keep_alive_count)
        params.MaxNotificationsPerPublish = 0
        params.PublishingEnabled = True
        params.Priority = 0
        self.ended, self._sequence = None, 0
        result = await session.create_subscription(params, callback=self._publish)
        self.id = result.SubscriptionId
        self.keep_alive_seconds = result.RevisedPublishingInterval / 1000 * result.RevisedMaxKeepAliveCount
        self._hear()

    async def transfer(self, session: UaSession) -> bool:
        """Take it over into another session with what has waited there, which has begun to come when it returns.

        False where the server no longer has it, or does not publish to the new session.
        """
        if self.id is None or self.ended is not None:
            return False
        params = ua.TransferSubscriptionsParameters()
        params.SubscriptionIds = [ua.UInt32(self.id)]
        params.SendInitialValues = False
        try:
            results = await session.transfer_subscriptions(params)
        except ua.UaStatusCodeError:
            return False
        if not results or not results[0].StatusCode.is_good():
            return False
        waiting = sorted(int(number) for number in results[0].AvailableSequenceNumbers or ())
        for number in waiting:
            if number > self._sequence:
                await self._republish(session, number)
        session._subscription_callbacks[self.id] = self._publish  # noqa: SLF001 (there is no other way to take it over)
        self._came.clear()
        session.ensure_publish_loop()
        self._hear()
        try:
            await asyncio.wait_for(self._came.wait(), WAIT_SECONDS + 1.5 * self.keep_alive_seconds)
        except TimeoutError:  # it publishes to the session that is gone
            await session.delete_subscriptions([self.id])
            return False
        return True

    async def follow(self, session: UaSession, items: Sequence[Item], per_call: int) -> dict[int, int]:
        """Follow nodes; returns the status of each that the server refuses, by handle."""
        refused: dict[int, int] = {}
        for start in range(0, len(items), per_call):
            part = items[start : start + per_call]
            params = ua.CreateMonitoredItemsParameters()
            params.SubscriptionId = ua.UInt32(self.id or 0)
            params.TimestampsToReturn = ua.TimestampsToReturn.Both
            params.ItemsToCreate = [self._value_item(item) for item in part]
            results = await session.create_monitored_items(params)
            for item, result in zip(part, results, strict=True):
                if not result.StatusCode.is_good():
                    refused[item.handle] = int(result.StatusCode.value)
                    continue
                self.sampling_seconds = max(self.sampling_seconds, (result.RevisedSamplingInterval or 0.0) / 1000)
        return refused

    async def follow_events(self, session: UaSession, event_filter: ua.EventFilter) -> int:
        """Follow the server's events; returns 0, or the status with which the server refuses."""
        params = ua.CreateMonitoredItemsParameters()
        params.SubscriptionId = ua.UInt32(self.id or 0)
        params.TimestampsToReturn = ua.TimestampsToReturn.Both
        item = _request(
            ua.NodeId(ua.ObjectIds.Server), ua.AttributeIds.EventNotifier, EVENTS, 10 * self._settings.queue_size
        )
        item.RequestedParameters.Filter = event_filter
        params.ItemsToCreate = [item]
        (result,) = await session.create_monitored_items(params)
        return 0 if result.StatusCode.is_good() else int(result.StatusCode.value)

    def _value_item(self, item: Item) -> ua.MonitoredItemCreateRequest:
        request = _request(item.node_id, ua.AttributeIds.Value, item.handle, self._settings.queue_size)
        if item.deadband > 0:
            change = ua.DataChangeFilter()
            change.Trigger = ua.DataChangeTrigger.StatusValue
            change.DeadbandType = ua.UInt32(ua.DeadbandType.Absolute)
            change.DeadbandValue = item.deadband
            request.RequestedParameters.Filter = change
        return request

    async def _republish(self, session: UaSession, number: int) -> None:
        assert self.id is not None  # noqa: S101 (asked for after it was made)
        try:
            message = await session.republish(self.id, number)
        except ua.UaStatusCodeError:
            self.lost += 1
            return
        if message.NotificationData:
            self._take(message.NotificationData)
            self._sequence = number
        else:
            self.lost += 1

    def _publish(self, result: ua.PublishResult) -> None:
        """Take what the server publishes; without data it says that it lives, and which number comes next."""
        message = result.NotificationMessage
        data, number = message.NotificationData, int(message.SequenceNumber)
        if not number:
            return  # the library's own, when it has lost the connection: the server's numbers begin with 1
        self._hear()
        following = self._sequence + 1 if self._sequence < _LAST_SEQUENCE else 1
        if self._sequence and number > following:
            self.lost += number - following
        if data:
            self._sequence = number
            self._take(data)
        if not result.MoreNotifications:
            self.handled_us = max(self.handled_us, self._published(message.PublishTime))
        self._came.set()

    def _published(self, publish_time: datetime | None) -> int:
        """When the server wrote a message, microseconds: what happened since is not in it, however late it came."""
        at = microseconds(publish_time)
        return at if at is not None and self.heard_us - MOST_BEHIND_US < at < self.heard_us else self.heard_us

    def _take(self, data: Iterable[Any]) -> None:
        arrival = now_us()
        for part in data:
            if isinstance(part, ua.DataChangeNotification):
                self._on_values(
                    [(int(item.ClientHandle), sample_of(item.Value, arrival)) for item in part.MonitoredItems]
                )
            elif isinstance(part, ua.EventNotificationList):
                self._on_events([event.EventFields for event in part.Events])
            elif isinstance(part, ua.StatusChangeNotification):
                self.ended = part.Status.name

    def _hear(self) -> None:
        self.heard_at, self.heard_us = time.monotonic(), now_us()


def _request(
    node_id: ua.NodeId, attribute: ua.AttributeIds, handle: int, queue_size: int
) -> ua.MonitoredItemCreateRequest:
    request = ua.MonitoredItemCreateRequest()
    request.ItemToMonitor.NodeId = node_id
    request.ItemToMonitor.AttributeId = attribute
    request.MonitoringMode = ua.MonitoringMode.Reporting
    request.RequestedParameters.ClientHandle = ua.UInt32(handle)
    request.RequestedParameters.SamplingInterval = 0.0  # as fast as the server can: each change is one value
    request.RequestedParameters.QueueSize = ua.UInt32(queue_size)
    request.RequestedParameters.DiscardOldest = True
    return request
