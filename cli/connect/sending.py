"""Running the sender of notifications as a service."""

from __future__ import annotations

import logging
import random
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

from adapters.kafka.clients.consumer import PartitionReader
from adapters.kafka.clients.producer import CheckedProducer, DeliveryError
from adapters.kafka.connection.reach import unreachable
from adapters.process.http_port import serve
from adapters.process.log import log_to_stderr
from adapters.process.pulse import until_asked
from adapters.process.watchdog import Watchdog
from adapters.sending.directory import Directory
from adapters.sending.sender import GROUP, Sender, Topics, find_begin
from adapters.sending.watch import SendingWatch
from cli.connect.settings import prepare_sending
from models.notifications.output import RECEIPTS
from models.refusal import FaultsError
from models.sending.outbox import Outbox
from models.sending.pace import Pace

if TYPE_CHECKING:
    from pathlib import Path


FAILED: Final = 1
log: Final = logging.getLogger("faultline")


def run_sending(path: Path) -> int:
    """Send until it is asked to stop; returns the code to end with. Raises `FaultsError` with every fault."""
    settings, ways, broker = prepare_sending(path)
    connection = broker.connection()
    if faults := unreachable(connection):
        raise FaultsError(faults)
    log_to_stderr(settings.log_level, settings.log_format)
    client, prefix = connection.client_settings(), broker.topic_prefix
    begin = find_begin(client, prefix, settings.process, settings.processes)
    with ExitStack() as stack:
        directory = stack.enter_context(closing(Directory(client, prefix)))
        paces: dict[str, Pace] = {one.channel: Pace(one.per_second, one.per_day) for one in settings.channels}
        outbox = Outbox(paces, directory.refuse, random.SystemRandom().random)
        reader = PartitionReader(client, GROUP, begin.offsets)
        producer = CheckedProducer(client, patience=settings.delivery_seconds)
        topics = Topics(reader, producer, prefix + RECEIPTS.topic, begin.done)
        sender = Sender(ways, outbox, directory, topics, settings.workers)
        watch = SendingWatch(sender, outbox, directory, settings.stall_seconds)
        if settings.listen:
            port = serve(settings.listen, watch.metrics, watch, settings.allowed_hosts)
            stack.callback(port.close)
            log.info("notifications: metrics and health at http://%s", port.address)
        watchdog = stack.enter_context(closing(Watchdog(settings.stall_seconds)))
        stopping = until_asked(watchdog.beat)
        log.info("notifications: sending %s", ", ".join(paces))
        try:
            sender.run(stopping)
        except DeliveryError as error:
            log.error("notifications: %s", error)  # noqa: TRY400  what to do is in it
            return FAILED
    return 0
