"""`faultline twin`: two sites that run the same log, held against each other."""
