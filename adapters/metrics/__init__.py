"""What a process says about itself: one table of metrics, from which the registry and the reference page are made."""
