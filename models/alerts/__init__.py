"""Public warnings of the Common Alerting Protocol (CAP 1.2, OASIS, 1 July 2010): their structure and rules."""
