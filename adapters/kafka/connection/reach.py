"""Why a Kafka cannot be reached, in plain words."""

from __future__ import annotations

import re
from time import monotonic
from typing import TYPE_CHECKING, Final

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

if TYPE_CHECKING:
    from confluent_kafka import KafkaError

    from adapters.kafka.connection.connection import Connection

# What a client says in front of and after the reason: protocol, address, how long it took.
_AROUND: Final = re.compile(r"^\S+/(bootstrap|\d+): |\s*\(after \d+ms.*$")
_ADVICE: Final = {
    "_AUTHENTICATION": "check sasl_mechanism, and that user and secret are known there",
    "_SSL": "check ssl_ca_file, and that the broker's certificate names this host",
}
_OTHER_ADVICE: Final = "check that it runs, its address and security_protocol"


def unreachable(connection: Connection, seconds: float = 10.0) -> list[str]:
    """Return why the broker does not answer, a sentence a reason; nothing if it answers.

    A refusal (TLS, login) is told at once; a broker that is away is waited for.
    """
    reasons: dict[str, str] = {}

    def note(error: KafkaError) -> None:
        if error.name() != "_ALL_BROKERS_DOWN":
            reasons[_AROUND.sub("", error.str())] = _ADVICE.get(error.name(), _OTHER_ADVICE)

    try:
        client = AdminClient(connection.client_settings() | {"error_cb": note})
        if _answers(client, reasons, seconds):
            return []
    except KafkaException as error:
        note(error.args[0])
    if not reasons:
        reasons[f"no answer within {seconds:.0f} s"] = _OTHER_ADVICE
    return [f"kafka {connection.bootstrap_servers}: {reason}; {advice}" for reason, advice in reasons.items()]


def _answers(client: AdminClient, reasons: dict[str, str], seconds: float) -> bool:
    deadline = monotonic() + seconds
    while True:
        try:
            client.list_topics(timeout=min(0.5, seconds))
        except KafkaException:
            client.poll(0)  # has the reasons told
        else:
            return True
        if monotonic() > deadline or any(advice != _OTHER_ADVICE for advice in reasons.values()):
            return False
