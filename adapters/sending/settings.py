"""The settings of who sends notifications: the TOML file of `faultline connect notifications`."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from adapters.process.log import LogFormat, LogLevel
from models.contracts.customers.notification import Channel


class ChannelSettings(BaseModel):
    """What every channel can be told."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    channel: Channel = Field(description="The channel that is sent this way; each once.")
    per_second: float = Field(50.0, gt=0, le=100_000, description="Messages a second at the most.")
    per_day: int | None = Field(None, ge=1, description="Messages a day (UTC) at the most, as a carrier allows.")
    timeout_seconds: float = Field(10.0, gt=0, le=300, description="How long an answer is waited for.")


class WebhookSettings(ChannelSettings):
    """A channel behind a URL: an SMS gateway, a push service, a telephone system."""

    kind: Literal["webhook"] = Field(description="HTTP POST of a JSON object, signed.")
    url: str = Field(description="Where to; https, or http on this machine.")
    secret_file: Path = Field(description="File of the secret that messages are signed with.")
    ca_file: Path | None = Field(None, description="Authorities in PEM form; by default those of the system.")

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError("url is no address as https://gateway.example/messages, without a user")
        if parts.scheme == "http" and not _is_here(parts.hostname):
            raise ValueError("url is http and not on this machine: messages name persons; give https")
        return self


class SmtpSettings(ChannelSettings):
    """E-mail by a relay."""

    kind: Literal["smtp"] = Field(description="A relay by SMTP.")
    host: str = Field(min_length=1, description="The relay.")
    port: int = Field(587, ge=1, le=65_535, description="Its port.")
    encryption: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="`none` is for a relay on this machine alone."
    )
    ca_file: Path | None = Field(None, description="Authorities in PEM form; by default those of the system.")
    user: str | None = Field(None, description="Who logs in; goes with password_file.")
    password_file: Path | None = Field(None, description="File of the password.")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Address that messages come from.")
    subject: str = Field("Your electricity", min_length=1, max_length=100, description="Subject of all messages.")

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if (self.user is None) != (self.password_file is None):
            raise ValueError("user and password_file go with each other")
        if self.encryption == "none" and not _is_here(self.host):
            raise ValueError("encryption is none and host not this machine: messages name persons")
        return self


class SendingSettings(BaseModel):
    """All that can be told; the broker's settings may stand in the file as well."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    process: int = Field(0, ge=0, description="Which of the processes this is, from 0.")
    processes: int = Field(1, ge=1, description="How many processes share the partitions.")
    workers: int = Field(16, ge=1, le=256, description="Messages that may be on their way at once.")
    listen: str | None = Field(None, description="Address and port of /metrics, /healthz and /readyz; none if not set.")
    allowed_hosts: str = Field(
        "", description="Host names that clients of listen may use besides addresses; * for any."
    )
    log_level: LogLevel = Field(LogLevel.info, description="The least that is logged.")
    log_format: LogFormat = Field(LogFormat.text, description="How the log is written, an event a line.")
    stall_seconds: float = Field(60.0, gt=0, description="After so long without a move the process ends with code 75.")
    delivery_seconds: float = Field(
        180.0, gt=0, description="How long Kafka may take to acknowledge a receipt before the process ends."
    )
    channels: list[Annotated[WebhookSettings | SmtpSettings, Field(discriminator="kind")]] = Field(
        min_length=1, description="Channels that are sent; messages of others are left to other processes."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [one.channel for one in self.channels]
        if len(set(names)) < len(names):
            raise ValueError("channels has one twice; each is sent one way")
        if self.process >= self.processes:
            raise ValueError(f"process {self.process} is none of {self.processes}; count from 0")
        return self


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
