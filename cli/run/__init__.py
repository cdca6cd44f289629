"""`faultline run`: one flow as a service, or offline over a stretch of the log."""
