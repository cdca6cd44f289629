"""The flow that tells which outages are one loss upstream of several zones."""
