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
from dataflows.service.run import FlowFailedError, run_flow
from dataflows.service.start_check import find_sound_settings
from dataflows.service.state import open_state
from dataflows.service.watch import FlowHealth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataflows.service.flows import Flow

FAILED: Final = 1
log = logging.getLogger("faultline")


def run_service(flow: Flow, options: Mapping[str, Any]) -> int:
    """Run a flow until it is asked to stop; returns the code to end with. Raises `FaultsError`, all faults at once."""
    _log_to_stderr()
    settings = find_sound_settings(flow, options)
    with ExitStack() as stack:
        pulse = Pulse()
        run = flow.run(flow.prepare(settings), pulse)
        flow.warm_up()
        collect_seldom()
        folder = open_state(settings.state, run.prepared.identity())
        stack.callback(folder.close)
        watch = flow.watch(run)
        if settings.listen:
            port = serve(settings.listen, watch.metrics, FlowHealth(pulse, settings), settings.allowed_hosts)
            stack.callback(port.close)
            log.info("%s: metrics and health at http://%s", flow.name, port.address)
        watchdog = stack.enter_context(closing(Watchdog(settings.stall_seconds)))
        pulse.on_beat = watchdog.beat
        stop_on_signals(pulse)
        try:
            laid = run.lay()
            log.info("%s: running, process %d of %d", flow.name, settings.process, settings.processes)
            run_flow(laid, folder.recovery, timedelta(seconds=settings.epoch_seconds))
        except FlowFailedError as error:
            log.error("%s: %s", flow.name, error)  # noqa: TRY400 (the message says it all)
            return FAILED
        folder.finish({"clean": True})
        log.info("%s: stopped cleanly", flow.name)
    return 0


def _log_to_stderr() -> None:
    """Log to a duplicate of standard error, because the original is withheld while a flow runs."""
    stderr = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="replace")
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
