"""The name by which `bytewax.run` knows the flow on Kafka; it is made in `dataflows.outages.kafka`."""

from dataflows.outages.kafka import flow

__all__ = ["flow"]
