"""The name by which `bytewax.run` knows the flow on Kafka; it is made in `dataflows.ingest.kafka`."""

from dataflows.ingest.kafka import flow

__all__ = ["flow"]
