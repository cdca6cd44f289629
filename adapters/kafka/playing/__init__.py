"""Storms played into Kafka, and a broker in the process to play them on; nothing of it runs in production."""
