"""What is wrong with a network, all of it at once."""

from __future__ import annotations

from models.refusal import FaultsError


class NetworkFaults(FaultsError):  # noqa: N818 (it is the report of many)
    """A network was refused; each fault names its file and line, in the order of the files and lines."""
