"""The subscriptions of a stand-in for an OPC UA Web API: sessions, monitored items, long-polled `/publish`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import Any

SESSION_ID_INVALID = 0x8025_0000
MESSAGE_NOT_AVAILABLE = 0x807B_0000
METHOD_INVALID = 0x8075_0000
VALUES, EVENTS = "i=809", "i=914"
"""Data types, by which OPC 10000-6, 5.4.2.16 names an object: DataChangeNotification and EventNotificationList."""
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
        self._events: deque[list[Document]] = deque()
        self._clauses: list[Document] | None = None
        self._unacknowledged: dict[int, Document] = {}
        self._number = 0
        self.republished: list[int] = []
        self.held: list[dict[str, Document]] = []
        """What a refresh brings: events by the paths of their fields, joined by /."""
        self.refreshes = True

    def put(self, node: str, value: Document) -> None:
        """Let a node have another value."""
        with self._changed:
            self._values()[node] = value
            if node in self._items:
                self._queue.append({"ClientHandle": self._items[node], "Value": value})
                self._changed.notify_all()

    def happen(self, *events: dict[str, Document]) -> None:
        """Let events come, each as variants by the paths of its fields."""
        with self._changed:
            if self._clauses is not None:
                names = ["/".join(one["BrowsePath"]) or "ConditionId" for one in self._clauses]
                self._events.extend([event.get(name, {}) for name in names] for event in events)
                self._changed.notify_all()

    def lose(self) -> None:
        """Forget what waits to be published, with its numbers."""
        with self._changed:
            self._number += 1
            self._queue.clear()

    def forget(self) -> None:
        """Forget the session, as a server does that starts anew."""
        self.opened += 1

    def answer(self, path: str, request: Document) -> Document | None:
        """Answer a service of sessions or subscriptions; None for others."""
        service = {
            "/opcua/createsession": self._create_session,
            "/opcua/activatesession": lambda _: {},
            "/opcua/createsubscription": self._create,
            "/opcua/createmonitoreditems": self._monitor,
            "/opcua/publish": self._publish,
            "/opcua/republish": self._republish,
            "/opcua/call": self._call,
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
        self._events, self._clauses, self._unacknowledged = deque(), None, {}
        return {"SessionId": "i=1", "AuthenticationToken": f"token-{self.opened}"}

    def _create(self, request: Document) -> Document:
        revised = {"RevisedPublishingInterval": 50.0, "RevisedMaxKeepAliveCount": 4}
        assert request["PublishingEnabled"]
        return {"SubscriptionId": self.opened, **revised}

    def _monitor(self, request: Document) -> Document:
        results: list[Document] = []
        with self._changed:
            for item in request["ItemsToCreate"]:
                if item["ItemToMonitor"] == {"NodeId": "i=2253", "AttributeId": 12}:
                    assert item["RequestedParameters"]["Filter"]["UaTypeId"] == "i=725"
                    self._clauses = item["RequestedParameters"]["Filter"]["SelectClauses"]
                    results.append({"MonitoredItemId": 1_000_000})
                    continue
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
        taken = [one["SequenceNumber"] for one in request["SubscriptionAcknowledgements"]]
        self.acknowledged += taken
        with self._changed:
            for number in taken:
                self._unacknowledged.pop(number, None)
            self.waits = True
            self._changed.wait_for(lambda: self._queue or self._events, ALIVE_SECONDS)
            self.waits = False
            message: Document = {"SequenceNumber": self._number + 1, "PublishTime": "2026-07-01T10:00:00Z"}
            data = []
            if some := [self._queue.popleft() for _ in range(min(2, len(self._queue)))]:
                data.append({"UaTypeId": VALUES, "MonitoredItems": some})
            if fields := [self._events.popleft() for _ in range(min(2, len(self._events)))]:
                data.append({"UaTypeId": EVENTS, "Events": [{"EventFields": one} for one in fields]})
            if data:
                self._number += 1
                message["NotificationData"] = data
                self._unacknowledged[self._number] = message
            more = {"MoreNotifications": True} if self._queue or self._events else {}
        return {"SubscriptionId": self.opened, "NotificationMessage": message, **more}

    def _republish(self, request: Document) -> Document:
        number = request["RetransmitSequenceNumber"]
        self.republished.append(number)
        assert request["SubscriptionId"] == self.opened
        if (message := self._unacknowledged.get(number)) is None:
            return {"ResponseHeader": {"ServiceResult": {"Code": MESSAGE_NOT_AVAILABLE}}}
        return {"NotificationMessage": message}

    def _call(self, request: Document) -> Document:
        (call,) = request["MethodsToCall"]
        assert (call["ObjectId"], call["MethodId"]) == ("i=2782", "i=3875"), "nothing else is ever called"
        assert call["InputArguments"] == [{"UaType": 7, "Value": self.opened}]
        if not self.refreshes:
            return {"Results": [{"StatusCode": {"Code": METHOD_INVALID}}]}
        begin, end = ({"EventType": {"UaType": 17, "Value": name}} for name in ("i=2787", "i=2788"))
        self.happen(begin, *self.held, end)
        return {"Results": [{}]}

    def _close(self, request: Document) -> Document:
        assert request["DeleteSubscriptions"]
        self.closed += 1
        return {}
