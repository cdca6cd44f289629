"""The settings that every connector has; what it speaks adds its own."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from adapters.process.log import LogFormat, LogLevel


class FrameSettings(BaseModel):
    """What the frame of every connector can be told, in the TOML file of `faultline connect`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    connector: str = Field(
        pattern=r"^[A-Za-z0-9._-]{1,80}$", description="Name of the connector: letters, digits, . _ -"
    )
    state: Path = Field(description="Folder of the connector's checkpoint.")
    listen: str | None = Field(None, description="Address and port of /metrics, /healthz and /readyz; none if not set.")
    allowed_hosts: str = Field(
        "", description="Host names that clients of listen may use besides addresses; * for any."
    )
    log_level: LogLevel = Field(LogLevel.info, description="The least that is logged.")
    log_format: LogFormat = Field(LogFormat.text, description="How the log is written, an event a line.")
    queue_size: int = Field(100_000, ge=1, description="Reports that may wait for Kafka before the last ones alone do.")
    heartbeat_seconds: float = Field(5.0, gt=0, description="Time between heartbeats.")
    checkpoint_seconds: float = Field(1.0, gt=0, description="Time between checkpoints.")
    stale_seconds: float = Field(15.0, gt=0, description="After so long without a sign of life a link is given up.")
    stall_seconds: float = Field(60.0, gt=0, description="After so long without a move the process ends with code 75.")
    delivery_seconds: float = Field(
        180.0, gt=0, description="How long Kafka may take to acknowledge a record before the process ends."
    )


class ConnectorSettings(FrameSettings):
    """What every connector that follows points can be told."""

    network: Path = Field(description="Folder of tables or compiled network that the devices are of.")
    mapping: Path = Field(description="Table of the points, CSV or Parquet.")
    future_seconds: float = Field(
        60.0, ge=0, description="How far ahead of the arrival a source's time may be; beyond it is not believed."
    )
