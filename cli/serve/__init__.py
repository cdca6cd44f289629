"""`faultline serve`."""
