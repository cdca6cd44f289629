"""What is wrong with a network, all of it at once."""

from __future__ import annotations


class NetworkFaults(Exception):  # noqa: N818 (it is the report of many)
    """A network was refused; `faults` are sentences that name the place, in the order of the files and lines."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
