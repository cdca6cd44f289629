"""`faultline evidence`: the evidence log, in words."""
