"""`faultline simulate`: storms over a network, with the truth."""
