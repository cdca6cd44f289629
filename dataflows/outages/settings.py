"""The settings of `outages`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from dataflows.service.settings import ServiceSettings


class OutagesSettings(ServiceSettings):
    """What `faultline run outages` can be told."""

    network: Path = Field(
        description="Folder with the tables devices and usage_points, a compiled network, or a folder of its versions."
    )
    organisation: str = Field("default", min_length=1, description="Name of the utility in the records.")
    model: Path | None = Field(None, description="TOML file that replaces rates and priors of the inference.")
    reconcile: bool = Field(
        default=False,
        description="Go on from a state of other rules that was not stopped cleanly: catch up without a word, then "
        "say each open outage once more.",
    )
    delivery: str | None = Field(None, description="Share of last gasps that arrive, or a CSV file.")
    estimates: Path | None = Field(
        None, description="Table by which outages say when power will be back, as faultline estimate fit makes it."
    )
    promises: Path | None = Field(
        None, description="TOML file with what the public is promised of these estimates (docs/estimates.md)."
    )
    life_support: Path | None = Field(
        None,
        description="Restricted table of the usage points with somebody on life support (docs/reference/network.md).",
    )
