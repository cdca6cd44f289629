"""Accounts for the usage points of a town of ledgers, and what the notifications are made with."""

from __future__ import annotations

import random
from typing import Any

import orjson

from adapters.process.time_zone import ZoneOffsets
from models.customers.news import news_of
from models.customers.policy import CustomerPolicy
from models.messages.words import MessageWords
from models.notifications.equipment import Equipment
from models.notifications.news_in_json import write_news
from models.notifications.output import LOG
from models.notifications.outside.planned import WorkReader
from models.notifications.outside.reading import AccountReader
from models.notifications.policy import NotificationPolicy
from models.timeline.moment import Followed
from tests.worlds.ledgers import followed

ZONES = ZoneOffsets("Europe/Zurich")
CHANNELS = ("app", "sms", "voice", "email")


def name_of_point(number: int) -> str:
    return f"UP{number}"


def names(numbers: Any) -> list[str]:
    return [name_of_point(number) for number in numbers.tolist()]


def equipment(**policy: Any) -> Equipment:
    return Equipment(names, CustomerPolicy(), NotificationPolicy(**policy), MessageWords(), ZONES)


def contact(name: str, **fields: Any) -> dict[str, Any]:
    return {"contact_id": name, "channel": "sms", "address": f"{name}@secret.example", "consent": True} | fields


def account(name: str, points: list[int], **fields: Any) -> dict[str, Any]:
    contacts = [contact("c1")]
    return {
        "account_id": name,
        "usage_point_ids": [name_of_point(one) for one in points],
        "contacts": contacts,
    } | fields


def entry(record: dict[str, Any] | None, key: str = "", number: int = 1) -> Followed:
    """An account as the flow reads it in its log; None takes that of the key out."""
    reader = AccountReader(lambda ids: [int(one.removeprefix("UP")) for one in ids], ZONES.knows)
    value = None if record is None else orjson.dumps(record)
    taken = reader(key or (record or {})["account_id"], value)
    return _logged(taken.key, taken.said, number)


def news(said: list[tuple[str, dict[str, Any]]], number: int = 1) -> list[Followed]:
    """What the outages flow says, as the flow reads it in its log."""
    found = [news_of(one) for one in followed(said)]
    return [_logged("", write_news(one), number) for one in found if one is not None]


def _logged(key: str, said: Any, number: int) -> Followed:
    return Followed(LOG.topic, number, key, orjson.loads(orjson.dumps(said)))


def some_accounts(draw: random.Random, points: int) -> list[dict[str, Any]]:
    """Accounts of one to five usage points each, which may be of several; some have several contacts."""
    made = []
    for number in range(draw.randint(1, 12)):
        roles = draw.choices(["holder", "third_party", "medical", "household"], k=draw.randint(1, 3))
        contacts = [
            contact(
                f"c{place}", role=role, channel=draw.choice(CHANNELS), consent=draw.random() < 0.8,
                language=draw.choice([None, "de", "es-MX", "xx"]),
            )
            for place, role in enumerate(roles)
        ]  # fmt: skip
        fields: dict[str, Any] = {"contacts": contacts, "class": draw.choice(["residential", "critical"])}
        if draw.random() < 0.4:
            fields |= {"quiet_from": "22:00", "quiet_to": draw.choice(["06:30", "23:15"])}
        if draw.random() < 0.3:
            fields |= {"time_zone": "America/New_York"}
        if draw.random() < 0.2:
            fields |= {"preferences": {"kinds": ["outage", "restored"]}}
        made.append(account(f"A{number}", draw.sample(range(points), draw.randint(1, 5)), **fields))
    return made


def work(name: str = "w1", device: str = "n0", **fields: Any) -> dict[str, Any]:
    """A report of a planned work; times are milliseconds since the epoch."""
    return {"work_id": name, "device_id": device, "kind": "maintenance", "status": "planned"} | fields


def work_entry(record: dict[str, Any], points: list[int], number: int = 1) -> Followed:
    """A report of a work that takes power of some points, as the flow reads it in its log."""
    given = {"received_at": record["observed_at"]} | record
    taken = WorkReader(lambda _: points)(record["work_id"], orjson.dumps(given))
    assert taken.everywhere
    return _logged(taken.key, taken.said, number)


def receipt(told: dict[str, Any], status: str) -> Followed:
    """What became of a message, as the flow reads it in its log."""
    return _logged(told["account_id"], ["receipt", told["contact_id"], told["notification_id"], status], 1)
