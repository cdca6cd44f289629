"""The settings of `ingest`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from dataflows.service.settings import ServiceSettings


class IngestSettings(ServiceSettings):
    """What `faultline run ingest` can be told."""

    network: Path = Field(
        description="Folder with the tables devices and usage_points, a compiled network, or a folder of its versions."
    )
    watermark_margin_ms: int = Field(
        500, ge=0, description="How far clocks of brokers and readers may differ, in milliseconds."
    )
