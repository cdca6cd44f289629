"""Running a flow as a service: settings, checks, health, metrics, signals, and the code that it ends with."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import ExitStack, closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from adapters.process.http_port import serve
from adapters.process.pulse import Pulse, collect_seldom, stop_on_signals
from adapters.process.watchdog import Watchdog
from dataflows.ingest.kafka import IngestRun
from dataflows.ingest.preparation import prepare_ingest
from dataflows.ingest.watch import watch_ingest
from dataflows.outages.kafka import OutagesRun
from dataflows.outages.preparation import prepare_outages
from dataflows.outages.watch import watch_outages
from dataflows.service.run import FlowFailedError, run_flow
from dataflows.service.settings import load_settings
from dataflows.service.state import open_state
from dataflows.service.warm_up import warm_up
from dataflows.service.watch import FlowHealth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataflows.service.settings import LogSettings

FAILED: Final = 1
log = logging.getLogger("faultline")


def run_service(flow: str, options: Mapping[str, Any]) -> int:
    """Run a flow until it is asked to stop; returns the code to end with. Raises `FaultsError`, all faults at once."""
    _log_to_stderr()
    settings = load_settings(options)
    with ExitStack() as stack:
        pulse = Pulse()
        run = _prepared(flow, settings, pulse)
        warm_up()
        collect_seldom()
        folder = open_state(settings.state, run.prepared.identity())
        stack.callback(folder.close)
        watch = watch_ingest(run) if isinstance(run, IngestRun) else watch_outages(run)
        if settings.listen:
            port = serve(settings.listen, watch.metrics, FlowHealth(pulse, settings), settings.allowed_hosts)
            stack.callback(port.close)
            log.info("%s: metrics and health at http://%s", flow, port.address)
        watchdog = stack.enter_context(closing(Watchdog(settings.stall_seconds)))
        pulse.on_beat = watchdog.beat
        stop_on_signals(pulse)
        try:
            laid = run.lay()
            log.info("%s: running, process %d of %d", flow, settings.process, settings.processes)
            run_flow(laid, folder.recovery, timedelta(seconds=settings.epoch_seconds))
        except FlowFailedError as error:
            log.error("%s: %s", flow, error)  # noqa: TRY400 (the message says it all)
            return FAILED
        folder.finish({"clean": True})
        log.info("%s: stopped cleanly", flow)
    return 0


def _prepared(flow: str, settings: LogSettings, pulse: Pulse) -> IngestRun | OutagesRun:
    if flow == "ingest":
        return IngestRun(prepare_ingest(settings), pulse)
    return OutagesRun(prepare_outages(settings), pulse)


def _log_to_stderr() -> None:
    """Log to a duplicate of standard error, because the original is withheld while a flow runs."""
    stderr = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace")
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
