"""Errors of the network's model, learned from outages: `faultline run suspects`."""
