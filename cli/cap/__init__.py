"""`faultline cap`: public warnings of the Common Alerting Protocol."""
