"""`faultline network`: tables checked, compiled, generated, shown."""
