"""`faultline explain`: why an outage is what it is."""
