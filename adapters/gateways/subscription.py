"""Changes by long polling: a subscription of the OPC UA Web API, whose `/publish` answers when there is news.

The bodies are the bare requests of OPC 10000-4; who we are stands in HTTP, the session's token in the request's header.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.connectors.clock import now_us
from adapters.gateways.answers import BAD, BOTH, VALUE, checked, results_of, status_of, web_api_sample
from adapters.gateways.http_client import GatewayError, UnansweredError
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
VALUES: Final = (None, "i=809", "i=811")
"""The data type DataChangeNotification, which is what an object is named by (OPC 10000-6, 5.4.2.16); by the deprecated
form its binary encoding."""
EVENTS: Final = ("i=914", "i=916")
STATUS_CHANGE: Final = ("i=818", "i=820")
SERVER: Final = "i=2253"
EVENT_NOTIFIER: Final = 12
CONDITION_TYPE: Final = "i=2782"
CONDITION_REFRESH: Final = "i=3875"
UINT32: Final = 7
MOST_MISSING: Final = 1_000
"""Messages that are asked for again."""
_LAST_NUMBER: Final = 0xFFFF_FFFF


class News(NamedTuple):
    """What an answer of `/publish` brings."""

    samples: list[tuple[int, Sample]]
    """By the place of the node."""
    events: list[list[Any]]
    """By their fields."""
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
        self._received = 0
        self._acknowledge: list[int] = []

    @property
    def alive_ms(self) -> int:
        """How often the server says that it lives."""
        return int(self._patience * 1000)

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
                status = _status(result)
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

    def follow_events(self, event_filter: dict[str, Any]) -> int:
        """Follow the server's events; gives the status of that."""
        queue = {"QueueSize": 10 * self._settings.queue_size, "DiscardOldest": True, "Filter": event_filter}
        item = {
            "ItemToMonitor": {"NodeId": SERVER, "AttributeId": EVENT_NOTIFIER},
            "MonitoringMode": REPORTING,
            "RequestedParameters": {"SamplingInterval": ANY_SAMPLE, **queue},
        }
        request = {"SubscriptionId": self._id, "TimestampsToReturn": BOTH, "ItemsToCreate": [item]}
        (result,) = results_of("/createmonitoreditems", self._ask("/createmonitoreditems", request), 1)
        return _status(result)

    def refresh_conditions(self) -> int:
        """Ask for all that is retained; gives the status. The one method that is called: it changes nothing there."""
        arguments = [{"UaType": UINT32, "Value": self._id}]
        call = {"ObjectId": CONDITION_TYPE, "MethodId": CONDITION_REFRESH, "InputArguments": arguments}
        (result,) = results_of("/call", self._ask("/call", {"MethodsToCall": [call]}), 1)
        return _status(result)

    def publish(self) -> News:
        """Wait for news, or for the word that there is none; what is missing before it is asked for again."""
        taken = [{"SubscriptionId": self._id, "SequenceNumber": number} for number in self._acknowledge]
        answer = self._ask("/publish", {"SubscriptionAcknowledgements": taken}, self._patience)
        self._acknowledge = []
        if answer.get("SubscriptionId") != self._id:
            raise GatewayError("/publish: answers for another subscription; see the gateway's log")
        message = answer.get("NotificationMessage") or {}
        number = message.get("SequenceNumber")
        news = News([], [], not answer.get("MoreNotifications"), lost=False)
        if isinstance(number, int):
            news = news._replace(lost=not self._catch_up(number, news))
            if message.get("NotificationData"):
                self._received = number
                self._acknowledge.append(number)
        self._take(message, news)
        return news

    def _catch_up(self, number: int, news: News) -> bool:
        """Take what is missing before a message; whether it came. A word that the server lives has the next number."""
        if number in (self._received, self._received % _LAST_NUMBER + 1):
            return True
        if not 0 < number - self._received <= MOST_MISSING:
            return False
        for missing in range(self._received + 1, number):
            request = {"SubscriptionId": self._id, "RetransmitSequenceNumber": missing}
            try:
                message = self._ask("/republish", request).get("NotificationMessage") or {}
            except UnansweredError:
                raise
            except GatewayError:
                self._received = number - 1
                return False
            self._take(message, news)
            self._received = missing
            self._acknowledge.append(missing)
        return True

    def _take(self, message: dict[str, Any], news: News) -> None:
        arrival = now_us()
        for data in message.get("NotificationData") or ():
            kind, body = data.get("UaTypeId"), data.get("UaBody", data)  # beside its type, or below it
            if kind in STATUS_CHANGE:
                raise GatewayError(f"/publish: the subscription has ended (0x{status_of(body.get('Status')):08X})")
            if kind in EVENTS:
                news.events.extend(event.get("EventFields") or [] for event in body.get("Events") or ())
            elif kind in VALUES:
                news.samples.extend(
                    (item.get("ClientHandle", 0), web_api_sample(item.get("Value") or {}, self._zone, arrival))
                    for item in body.get("MonitoredItems") or ()
                )

    def close(self) -> None:
        """End the session and what is in it, if the gateway still hears."""
        with suppress(GatewayError):
            self._ask("/closesession", {"DeleteSubscriptions": True})

    def _ask(self, path: str, request: dict[str, Any], patience: float = 0.0) -> dict[str, Any]:
        return checked(path, self._client.post(path, {"RequestHeader": self._header, **request}, patience))


def _status(result: dict[str, Any]) -> int:
    return status_of(result.get("StatusCode", result.get("Status")))


def _number(value: object, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) and value > 0 else otherwise
