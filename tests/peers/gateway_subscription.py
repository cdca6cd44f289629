"""The subscriptions of a stand-in for an OPC UA Web API: sessions, monitored items, long-polled `/publish`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Any

SESSION_ID_INVALID = 0x8025_0000
NODE_ID_UNKNOWN = 0x8034_0000
ALIVE_SECONDS = 0.2
Document = dict[str, Any]


class Subscriptions:
    """One session at a time, with one subscription; a new one takes the place of the last, whose queue is gone."""

    def __init__(self, values: Callable[[], dict[str, Document]]) -> None:
        self.opened = self.closed = 0
        self.acknowledged: list[int] = []
        self.waits = False
        """Whether `/publish` is being waited for."""
        self._values = values
        self._changed = Condition()
        self._items: dict[str, int] = {}
        self._queue: deque[Document] = deque()
        self._number = 0

    def put(self, node: str, value: Document) -> None:
        """Let a node have another value."""
        with self._changed:
            self._values()[node] = value
            if node in self._items:
                self._queue.append({"ClientHandle": self._items[node], "Value": value})
                self._changed.notify_all()

    def lose(self) -> None:
        """Forget what waits to be published, with its numbers."""
        with self._changed:
            self._number += 1
            self._queue.clear()

    def answer(self, path: str, request: Document) -> Document | None:
        """Answer a service of sessions or subscriptions; None for others."""
        service = {
            "/opcua/createsession": self._create_session,
            "/opcua/activatesession": lambda _: {},
            "/opcua/createsubscription": self._create,
            "/opcua/createmonitoreditems": self._monitor,
            "/opcua/publish": self._publish,
            "/opcua/closesession": self._close,
        }.get(path)
        if service is None:
            return None
        token = request["RequestHeader"].get("AuthenticationToken")
        if path != "/opcua/createsession" and token != f"token-{self.opened}":
            return {"ResponseHeader": {"ServiceResult": {"Code": SESSION_ID_INVALID}}}
        return {"ResponseHeader": {}, **service(request)}

    def _create_session(self, _: Document) -> Document:
        self.opened += 1
        self._items, self._queue, self._number = {}, deque(), 0
        return {"SessionId": "i=1", "AuthenticationToken": f"token-{self.opened}"}

    def _create(self, request: Document) -> Document:
        revised = {"RevisedPublishingInterval": 50.0, "RevisedMaxKeepAliveCount": 4}
        assert request["PublishingEnabled"]
        return {"SubscriptionId": self.opened, **revised}

    def _monitor(self, request: Document) -> Document:
        results = []
        with self._changed:
            for item in request["ItemsToCreate"]:
                node, handle = item["ItemToMonitor"]["NodeId"], item["RequestedParameters"]["ClientHandle"]
                assert item["MonitoringMode"] == 2, "reporting"
                if node not in self._values():
                    results.append({"StatusCode": {"Code": NODE_ID_UNKNOWN}})
                    continue
                self._items[node] = handle
                self._queue.append({"ClientHandle": handle, "Value": self._values()[node]})
                results.append({"MonitoredItemId": handle + 1})
        return {"Results": results}

    def _publish(self, request: Document) -> Document:
        self.acknowledged += [one["SequenceNumber"] for one in request["SubscriptionAcknowledgements"]]
        with self._changed:
            self.waits = True
            self._changed.wait_for(lambda: self._queue, ALIVE_SECONDS)
            self.waits = False
            message: Document = {"SequenceNumber": self._number + 1, "PublishTime": "2026-07-01T10:00:00Z"}
            if some := [self._queue.popleft() for _ in range(min(2, len(self._queue)))]:
                self._number += 1
                message["NotificationData"] = [{"UaTypeId": "i=811", "MonitoredItems": some}]
            more = {"MoreNotifications": True} if self._queue else {}
        return {"SubscriptionId": self.opened, "NotificationMessage": message, **more}

    def _close(self, request: Document) -> Document:
        assert request["DeleteSubscriptions"]
        self.closed += 1
        return {}
