"""What meters, devices, callers and crews would have sent of a storm's course."""
