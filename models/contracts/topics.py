"""Names of the topics, which are the names of the files too."""

from typing import Final

METER_EVENTS: Final = "ami.meter.events.v1"
SCADA_EVENTS: Final = "scada.device.events.v1"
CALL_EVENTS: Final = "customer.call.events.v1"
CREW_EVENTS: Final = "crew.status.events.v1"
WORK_EVENTS: Final = "work.planned.events.v1"
OPERATOR_COMMANDS: Final = "outage.operator.commands.v1"
RAW_TOPICS: Final = (METER_EVENTS, SCADA_EVENTS, CALL_EVENTS, CREW_EVENTS, WORK_EVENTS, OPERATOR_COMMANDS)

EVIDENCE_LOG: Final = "grid.evidence.log.v1"

OUTAGE_LIFECYCLE: Final = "outage.lifecycle.events.v1"
OUTAGE_RESTORATION: Final = "outage.restoration.events.v1"
OUTAGE_MEMBERSHIP: Final = "outage.membership.events.v1"
OUTAGE_STATE: Final = "outage.current.state.v1"
NETWORK_ABNORMAL: Final = "network.abnormal.state.v1"
USAGE_POINT_STATE: Final = "network.usage_point.state.v1"
ZONE_STATE: Final = "network.zone.state.v1"
DEVICE_STATE: Final = "network.device.state.v1"
SAFETY_BACKFEED: Final = "safety.backfeed.events.v1"
OPERATOR_ANSWERS: Final = "outage.operator.answers.v1"
OUTAGE_CLOCK: Final = "outage.clock.v1"
OUTAGE_PULSE: Final = "outage.pulse.v1"
CANARY_LIFECYCLE: Final = f"canary.{OUTAGE_LIFECYCLE}"
CANARY_RESTORATION: Final = f"canary.{OUTAGE_RESTORATION}"
ZONE_HEALTH: Final = "zone.health.state.v1"
ZONE_CHECKPOINT: Final = "zone.checkpoint.state.v1"
CONNECTOR_HEALTH: Final = "connector.health.events.v1"
CONNECTOR_STATE: Final = "connector.health.state.v1"
NETWORK_RELEASE: Final = "network.release.state.v1"
NETWORK_METERS: Final = "network.meter.state.v1"
DEAD_LETTER_REPLAY: Final = "dead.letter.replay.state.v1"


def dead_letter_topic(topic: str) -> str:
    """The topic that takes the refused lines of a raw topic."""
    return f"{topic}.dlq"
