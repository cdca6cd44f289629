"""`faultline canary`."""
