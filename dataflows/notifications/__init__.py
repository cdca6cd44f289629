"""Whom to tell what, on Kafka."""
