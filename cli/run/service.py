"""Running a flow as a service: settings, checks, health, metrics, signals, and the code that it ends with."""

from __future__ import annotations

import logging
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from adapters.process.http_port import serve
from adapters.process.log import LogFormat, LogLevel, json_line, log_to_stderr
from adapters.process.pulse import Pulse, collect_seldom, stop_on_signals
from adapters.process.watchdog import STALLED, EndProcess, Watchdog
from cli.warm_up import compile_loops
from dataflows.service.given_settings import gather_settings
from dataflows.service.run import FlowFailedError, run_flow
from dataflows.service.start_check import find_sound_settings
from dataflows.service.state import open_state
from dataflows.service.watch import FlowHealth
from models.columns.compiled import loaded_loops, on_compiling
from models.refusal import FaultsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dataflows.service.flows import Flow

FAILED: Final = 1
REFUSED: Final = 2
COMPILING: Final = "compiling %s, which the warm-up has not met"
LOADED_LATE: Final = "%s: loops that were loaded after the start: %s"
log = logging.getLogger("faultline")


def run_service(flow: Flow, options: Mapping[str, Any]) -> int:
    """Run a flow until it is asked to stop; returns the code to end with. Raises `FaultsError`, all faults at once.

    Where the log is JSON the faults are logged as well, and nothing else is written to standard error.
    """
    form = _start_log(flow, options)
    try:
        return _run(flow, options, form)
    except FaultsError as error:
        if form is LogFormat.text:
            raise
        for fault in error.faults:
            log.error(fault)  # noqa: TRY400 (the fault says it all)
        return REFUSED


def _run(flow: Flow, options: Mapping[str, Any], form: LogFormat) -> int:
    settings = find_sound_settings(flow, options)
    with ExitStack() as stack:
        pulse = Pulse()
        run = flow.run(flow.prepare(settings), pulse)
        compile_loops(partial(log.info, "%s"))
        flow.warm_up()
        loaded = loaded_loops()
        on_compiling(partial(log.info, COMPILING), partial(log.info, "compiled %s"))
        collect_seldom()
        folder = open_state(settings.state, run.prepared.identity(), reconcile=getattr(settings, "reconcile", False))
        stack.callback(folder.close)
        run.prepared.take_up(folder.identity)
        watch = flow.watch(run)
        if settings.listen:
            port = serve(settings.listen, watch.metrics, FlowHealth(pulse, settings), settings.allowed_hosts)
            stack.callback(port.close)
            log.info("%s: metrics and health at http://%s", flow.name, port.address)
        end = EndProcess(
            settings.stall_seconds, *([] if form is LogFormat.text else [partial(json_line, level="error")])
        )
        watchdog = stack.enter_context(closing(Watchdog(settings.stall_seconds, end)))
        pulse.on_beat = watchdog.beat
        stop_on_signals(pulse)
        try:
            laid = run.lay()
            log.info("%s: running, process %d of %d", flow.name, settings.process, settings.processes)
            run_flow(laid, folder.recovery, timedelta(seconds=settings.epoch_seconds), store_checked=True)
        except FlowFailedError as error:
            log.error("%s: %s", flow.name, error)  # noqa: TRY400 (the message says it all)
            return FAILED
        folder.finish({"clean": True})
        log.debug(LOADED_LATE, flow.name, sorted(loaded_loops() - loaded))
        if pulse.again is not None:
            log.error("%s: %s", flow.name, pulse.again)
            return STALLED
        log.info("%s: stopped cleanly", flow.name)
    return 0


def _start_log(flow: Flow, options: Mapping[str, Any]) -> LogFormat:
    """Log as the settings say, before they are checked: where they are wrong, plainly."""
    given, _ = gather_settings(options)
    values = {name: given[name].shown(name) for name in ("log_level", "log_format", "process") if name in given}
    level, form = values.get("log_level"), values.get("log_format")
    known = LogFormat(form) if form in {each.value for each in LogFormat} else LogFormat.text
    log_to_stderr(
        LogLevel(level) if level in {each.value for each in LogLevel} else LogLevel.info,
        known,
        flow=flow.name,
        process=values.get("process", "0"),
    )
    return known
