"""`faultline outage`: outages as they stand, and operators' commands about them."""
