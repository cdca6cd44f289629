"""Changes by long polling: a subscription of the OPC UA Web API, whose `/publish` answers when there is news.

The bodies are the bare requests of OPC 10000-4; who we are stands in HTTP, the session's token in the request's header.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.connectors.clock import now_us
from adapters.gateways.answers import BAD, BOTH, VALUE, checked, results_of, status_of, web_api_sample
from adapters.gateways.http_client import GatewayError
from models.telemetry.reports import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from adapters.gateways.http_client import HttpClient
    from adapters.gateways.settings import GatewayEndpoint

REPORTING: Final = 2
"""MonitoringMode."""
ANY_SAMPLE: Final = 0
"""A sampling interval: as fast as the server can."""
ALIVE_SECONDS: Final = 5.0
"""So often the server says that nothing has happened."""
LIFETIMES: Final = 10
SESSION_MS: Final = 120_000
NOTIFICATION: Final = "i=811"
"""The data type DataChangeNotification."""
STATUS_CHANGE: Final = "i=820"


class News(NamedTuple):
    """What an answer of `/publish` brings."""

    samples: list[tuple[int, Sample]]
    """By the place of the node."""
    complete: bool
    """Whether the server has no more for now."""
    lost: bool
    """Whether messages are missing before this one."""


class Subscription:
    """A session with one subscription. Raises `GatewayError` where the gateway does not do it."""

    def __init__(self, client: HttpClient, settings: GatewayEndpoint, zone: ZoneInfo | None) -> None:
        """Open it, with nothing monitored yet."""
        self._client, self._settings, self._zone = client, settings, zone
        self._header: dict[str, Any] = {}
        session = self._ask("/createsession", {"SessionName": "faultline", "RequestedSessionTimeout": SESSION_MS})
        self._header = {"AuthenticationToken": session.get("AuthenticationToken")}
        self._ask("/activatesession", {})
        interval = settings.poll_seconds * 1000
        alive = max(1, round(ALIVE_SECONDS * 1000 / interval))
        made = self._ask(
            "/createsubscription",
            {
                "RequestedPublishingInterval": interval,
                "RequestedMaxKeepAliveCount": alive,
                "RequestedLifetimeCount": LIFETIMES * alive,
                "PublishingEnabled": True,
            },
        )
        self._id = made.get("SubscriptionId")
        revised = _number(made.get("RevisedPublishingInterval"), interval)
        self._patience = revised * _number(made.get("RevisedMaxKeepAliveCount"), alive) / 1000
        self._received: int | None = None
        self._acknowledge: list[int] = []

    def monitor(self, nodes: Sequence[tuple[int, str]]) -> list[tuple[int, Sample]]:
        """Follow nodes, given with their places; gives the statuses of those that the server does not take."""
        refused = []
        for start in range(0, len(nodes), self._settings.items_per_call):
            some = nodes[start : start + self._settings.items_per_call]
            answer = self._ask(
                "/createmonitoreditems",
                {
                    "SubscriptionId": self._id,
                    "TimestampsToReturn": BOTH,
                    "ItemsToCreate": [self._item(place, node_id) for place, node_id in some],
                },
            )
            results = results_of("/createmonitoreditems", answer, len(some))
            for (place, _), result in zip(some, results, strict=True):
                status = status_of(result.get("StatusCode", result.get("Status")))
                if status & BAD:
                    refused.append((place, Sample(None, status, None, None, now_us())))
        return refused

    def _item(self, place: int, node_id: str) -> dict[str, Any]:
        queue = {"QueueSize": self._settings.queue_size, "DiscardOldest": True}
        return {
            "ItemToMonitor": {"NodeId": node_id, "AttributeId": VALUE},
            "MonitoringMode": REPORTING,
            "RequestedParameters": {"ClientHandle": place, "SamplingInterval": ANY_SAMPLE, **queue},
        }

    def publish(self) -> News:
        """Wait for news, or for the word that there is none."""
        taken = [{"SubscriptionId": self._id, "SequenceNumber": number} for number in self._acknowledge]
        answer = self._ask("/publish", {"SubscriptionAcknowledgements": taken}, self._patience)
        self._acknowledge = []
        if answer.get("SubscriptionId") != self._id:
            raise GatewayError("/publish: answers for another subscription; see the gateway's log")
        message = answer.get("NotificationMessage") or {}
        samples, number = self._samples(message), message.get("SequenceNumber")
        lost = False
        if message.get("NotificationData") and isinstance(number, int):
            lost = self._received is not None and number != self._received + 1
            self._received = number
            self._acknowledge = [number]
        return News(samples, not answer.get("MoreNotifications"), lost)

    def _samples(self, message: dict[str, Any]) -> list[tuple[int, Sample]]:
        arrival = now_us()
        samples: list[tuple[int, Sample]] = []
        for data in message.get("NotificationData") or ():
            kind, body = data.get("UaTypeId"), data.get("UaBody", data)  # beside its type, or below it
            if kind == STATUS_CHANGE:
                raise GatewayError(f"/publish: the subscription has ended (0x{status_of(body.get('Status')):08X})")
            items = body.get("MonitoredItems") or () if kind in (NOTIFICATION, None) else ()
            samples += [
                (item.get("ClientHandle", 0), web_api_sample(item.get("Value") or {}, self._zone, arrival))
                for item in items
            ]
        return samples

    def close(self) -> None:
        """End the session and what is in it, if the gateway still hears."""
        with suppress(GatewayError):
            self._ask("/closesession", {"DeleteSubscriptions": True})

    def _ask(self, path: str, request: dict[str, Any], patience: float = 0.0) -> dict[str, Any]:
        return checked(path, self._client.post(path, {"RequestHeader": self._header, **request}, patience))


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else otherwise
