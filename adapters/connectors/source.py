"""What a connector is to its frame: a source of reports that runs until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from models.contracts.outputs.connector_health import LinkHealth


class CertificateExpiry(NamedTuple):
    """A certificate, and when it ends."""

    link: str
    """The link whose server's it is, or `own`."""
    at: int
    """Milliseconds since the epoch."""


class Source(Protocol):
    """A source. All but `run` answers at once and may be asked from any thread."""

    counts: Counter[str]
    """What came, by `adapters.metrics.tables.connector.COUNTED`, since the start."""

    @property
    def devices(self) -> Sequence[str]:
        """Devices that it carries, by name; another list where they have changed."""

    async def run(self, stop: asyncio.Event) -> None:
        """Hand reports on until it is asked to stop. Failures of the other side are its own affair."""

    def links(self) -> list[LinkHealth]:
        """Say how each link stands."""

    def marks(self) -> dict[str, int]:
        """By link, the moment up to which all that was heard has been handed on, milliseconds."""

    def kept(self, marks: Mapping[str, int]) -> None:
        """These marks stand in the checkpoint; called from the thread of the delivery."""

    def certificates(self) -> list[CertificateExpiry]:
        """Say when certificates end."""
