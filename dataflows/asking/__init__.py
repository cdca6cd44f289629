"""Whom to ask whether power is back, on Kafka."""
