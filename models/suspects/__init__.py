"""Errors of the network's model, learned from outages: meters that are joined to the wrong transformer."""
