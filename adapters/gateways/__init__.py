"""REST gateways in front of OPC UA: they are asked, again and again, and only ever to read."""
