"""The model file and delivery rates, read from disk; what they mean stands in `models.outages.weights`."""
