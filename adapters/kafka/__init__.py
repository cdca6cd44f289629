"""Kafka: its topics, what goes into them and comes out of them."""
