"""The estimator of a flow: a table and a policy, from the files that its settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.estimates.policy_file import read_policy
from adapters.estimates.table_file import load_table
from models.digest import digest
from models.outages.estimate.estimator import Estimator
from models.outages.estimate.policy import PromisePolicy
from models.refusal import FaultsError

if TYPE_CHECKING:
    from pathlib import Path


def load_estimator(estimates: Path | None, promises: Path | None, time_zone: str | None = None) -> Estimator | None:
    """Read what is named; None without a table. Hours and weekdays are those of its zone, which is to be `time_zone`.

    Raises `FaultsError`.
    """
    if estimates is None:
        if promises is not None:
            raise FaultsError([f"promises {promises} needs estimates to promise; give --estimates too"])
        return None
    table = load_table(estimates)
    if time_zone not in (None, table.file.time_zone):
        fault = f"estimates {estimates} were learned in time zone {table.file.time_zone}, the utility's is {time_zone}"
        raise FaultsError([f"{fault}; fit them again, or correct time_zone"])
    return Estimator(table, PromisePolicy() if promises is None else read_policy(promises))


def digest_of(estimator: Estimator | None) -> str:
    """Digest all that has a say in what is estimated and promised; empty without a table."""
    if estimator is None:
        return ""
    return digest(estimator.table.digest.encode(), estimator.policy.model_dump_json().encode())
