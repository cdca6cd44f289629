"""Control records: what an operator says to the engine and to ingest, in the evidence log itself, with who said it."""

from __future__ import annotations

import getpass
import socket
from typing import TYPE_CHECKING

from adapters.kafka.clients.producer import Outgoing
from models.evidence.log_record import encode_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from adapters.kafka.clients.producer import CheckedProducer
    from models.evidence.log_record import LogRecord

LONGEST_REASON = 500


def audit(reason: str) -> str:
    """Say who is at the terminal, and why it is done; when it was done the log itself says."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no name for this user
        user = "somebody"
    return f"{user}@{socket.gethostname()}: {' '.join(reason.split())[:LONGEST_REASON]}"


def send_control(producer: CheckedProducer, log: str, partitions: Iterable[int], record: LogRecord) -> None:
    """Append a control record to partitions of the evidence log. Raises `DeliveryError`."""
    for partition in partitions:
        producer.send(log, partition, Outgoing(encode_record(record), b"%d" % partition))
    producer.flush()
