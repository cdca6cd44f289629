"""`faultline connect`: connectors, which bring the events of other systems in."""
