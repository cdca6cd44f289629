"""The settings of a flow behind the outages."""

from __future__ import annotations

from pydantic import Field

from dataflows.service.settings import ServiceSettings


class FollowingSettings(ServiceSettings):
    """What such a flow can be told; one with more to be told derives its own."""

    organisation: str = Field("default", min_length=1, description="Name of the utility in the records.")
