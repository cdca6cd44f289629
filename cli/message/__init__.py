"""`faultline message`."""
