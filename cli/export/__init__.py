"""`faultline export`: outages in the formats of others."""
