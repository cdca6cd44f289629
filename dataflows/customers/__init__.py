"""How each customer stands, on Kafka and in a replay."""
