"""The network as its readers see it: where everything is, how it stands, and who is out."""
