"""The raw topics, which `ingest` reads, and the dead letters of what their readers refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.kafka.topics.declaration import DAY, KIB, MIB, PARTITIONS, PERSONAL, Topic
from models.contracts.registry import CANARY, CONNECTORS
from models.contracts.topics import (
    CALL_EVENTS,
    CREW_EVENTS,
    METER_EVENTS,
    OPERATOR_COMMANDS,
    SCADA_EVENTS,
    WORK_EVENTS,
    dead_letter_topic,
)

if TYPE_CHECKING:
    from models.contracts.registry import PartitionRule, Role


def _raw(stem: str, contract: str, key: str, summary: str, also: tuple[Role, ...] = ()) -> Topic:
    return Topic(
        stem=stem,
        summary=summary,
        key=key,
        rule="raw",
        partitions=PARTITIONS["raw"],
        retention_ms=PERSONAL if stem == CALL_EVENTS else 7 * DAY,
        timestamp="LogAppendTime",
        contract=contract,
        access="restricted" if stem in (CALL_EVENTS, OPERATOR_COMMANDS) else "internal",
        personal=stem == CALL_EVENTS,  # calls may name an account
        owner="sources",
        readers=("ingest", "operators"),
        writers=("sources", *also, "operators"),
    )


def _dead_letters(raw: Topic) -> Topic:
    """What a raw topic's reader refuses, kept no longer than a day where a line may name an account.

    Crew lines are judged by the outages flow, which knows the outages.
    """
    owner: Role = "outages" if raw.stem == CREW_EVENTS else "ingest"
    rule: PartitionRule = "evidence" if owner == "outages" else "raw"
    return Topic(
        stem=dead_letter_topic(raw.stem),
        summary=f"Records of {raw.stem} that were refused, with the reason.",
        key="the key of the refused record",
        rule=rule,
        partitions=PARTITIONS[rule],
        retention_ms=PERSONAL if raw.personal else 90 * DAY,
        largest_message=MIB + 64 * KIB,
        form="the refused record as it was; where it came from and why it was refused stand in `_dlq.errors.*` headers",
        access="restricted",  # whatever a sender took for a record
        personal=raw.personal,
        owner=owner,
        readers=(owner, "operators"),
        writers=(owner,),
    )


RAW: Final = (
    _raw(METER_EVENTS, "meter", "meter_id", "What meters and their head-ends say.", (CANARY,)),
    _raw(SCADA_EVENTS, "scada", "device_id", "Positions, alarms and telemetry of devices.", (CONNECTORS,)),
    _raw(CALL_EVENTS, "call", "usage_point_id, else account_id", "What customers say."),
    _raw(CREW_EVENTS, "crew", "crew_id", "What crews say."),
    _raw(WORK_EVENTS, "planned_work", "work_id", "Works for which customers lose power as announced."),
    _raw(OPERATOR_COMMANDS, "operator_command", "outage_id, else command_id", "What operators order, and why."),
)
DEAD_LETTERS: Final = tuple(map(_dead_letters, RAW))
