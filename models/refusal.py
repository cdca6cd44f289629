"""The base of all refusals: what Faultline was given cannot be used, with every fault at once."""

from __future__ import annotations


class FaultsError(Exception):
    """Something given was refused; `faults` are sentences that name the thing and what to do, one a fault.

    The command line prints them, a line each, and ends with code 2.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
