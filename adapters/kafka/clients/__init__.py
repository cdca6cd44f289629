"""Consumers, producers and questions to a cluster, as each is wanted; what a record means stands elsewhere."""
