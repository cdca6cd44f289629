"""Bytewax sources and sinks over Kafka; no flow's rules."""
