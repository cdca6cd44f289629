"""Running a connector: its source in this thread, delivery in another, and what to end with."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.connectors.delivery import Delivery
    from adapters.connectors.source import Source

log: Final = logging.getLogger("faultline")
BEAT_SECONDS: Final = 0.5
FAILED: Final = 1
PATIENCE: Final = 5.0
"""Seconds that a source has to end after it is asked to."""


class ConnectorProcess:
    """One connector until it is asked to stop, by a signal or `stop`."""

    def __init__(self, source: Source, delivery: Delivery, beat: Callable[[], None]) -> None:
        """`beat` is called while the source's thread moves."""
        self._source, self._delivery, self._beat = source, delivery, beat
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def stop(self) -> None:
        """Ask it to stop, from any thread."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._stop.set)

    def run(self) -> int:
        """Run; returns the code to end with: 0 after a clean stop, with all handed on."""
        asyncio.run(self._run())
        self._delivery.close()
        self._delivery.join()
        if self._delivery.failure is not None:
            log.error("connector: %s", self._delivery.failure)
            return FAILED
        log.info("connector: stopped cleanly, %d reports handed on", self._delivery.handed_on)
        return 0

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(ValueError, RuntimeError, NotImplementedError):  # signals reach the main thread alone
                self._loop.add_signal_handler(number, self._stop.set)
        self._delivery.start()
        beats = asyncio.create_task(self._beats())
        source = asyncio.create_task(self._source.run(self._stop))
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({source, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not source.done():
                await asyncio.wait({source}, timeout=PATIENCE)
            if not source.done():
                log.warning("connector: its source does not end; it is left where it is")
                source.cancel()
            with suppress(asyncio.CancelledError):
                await source
        finally:
            self._stop.set()
            for task in (beats, stopped):
                task.cancel()

    async def _beats(self) -> None:
        while True:
            self._beat()
            await asyncio.sleep(BEAT_SECONDS)
