"""What names somebody, or says how to reach them or how they are: put into all that comes in, and looked for."""

from __future__ import annotations

from typing import Final

import orjson

from models.contracts.topics import CALL_EVENTS, CREW_EVENTS, METER_EVENTS, OPERATOR_COMMANDS, SCADA_EVENTS, WORK_EVENTS

PERSONAL: Final = ("Ada Lovelace", "ada@example.org", "+41 44 555 01 99", "oxygen concentrator")
FORBIDDEN: Final = frozenset(
    {
        "user",
        "email",
        "phone",
        "telephone",
        "address",
        "contact",
        "account_id",
        "text",
        "patient",
        "medical",
        "diagnosis",
    }
)
"""Fields that no record outside of restricted topics has."""


def personal_lines(at: str, device_id: str) -> dict[str, list[bytes]]:
    """By topic, events received at a moment: some are read and some are refused, none says anything of power."""
    times = {"observed_at": at, "received_at": at}
    whole = " ".join(PERSONAL)
    command = {"user": PERSONAL[0], "reason": whole, "at": at, "received_at": at, "text": whole}
    outage = {"outage_id": "a" * 26, "seen_revision": 1}
    extra = dict(zip(("name", "email", "phone", "diagnosis"), PERSONAL, strict=True))
    events: dict[str, list[object]] = {
        OPERATOR_COMMANDS: [
            {"command_id": "p1", "kind": "note", **outage, **command},
            {"command_id": "p2", "kind": "move", "device_id": device_id, **outage, **command},
            {"command_id": "p3", "kind": whole, **command},
        ],
        CALL_EVENTS: [
            {"event_id": "p1", "account_id": whole, "kind": "no_power", "channel": "web", **times, **extra},
            {"event_id": "p2", "usage_point_id": whole, "kind": "no_power", "channel": "web", **times},
            {"event_id": "p3", "account_id": whole, "kind": whole, "channel": "web", **times},
        ],
        CREW_EVENTS: [
            {"event_id": "p1", "crew_id": "c0", "status": "available", **times, **extra},
            {"event_id": "p2", "crew_id": "c0", "status": "on_site", "device_id": whole, **times},
            {"event_id": "p3", "crew_id": "c0", "status": "on_site", "outage_id": whole, **times},
        ],
        METER_EVENTS: [{"event_id": "p1", "meter_id": whole, "kind": "last_gasp", "source": "x", **times, **extra}],
        SCADA_EVENTS: [
            {"event_id": "p1", "device_id": device_id, "kind": "alarm", "quality": "good", "source": "x",
             "message": whole, **times, **extra},
        ],
        WORK_EVENTS: [{"work_id": "w0", "device_id": whole, "kind": "maintenance", "status": "planned", **times}],
    }  # fmt: skip
    return {topic: [orjson.dumps(event) for event in some] for topic, some in events.items()}


def personal_in(content: bytes) -> list[str]:
    """Give what of it stands in some bytes, however JSON or percent signs write it."""
    text = content.decode("utf-8", "replace")
    return [word for word in PERSONAL if word in text or word.replace(" ", "%20") in text]
