"""How a connector stands: a process in front of the raw topics, whatever it speaks on the other side."""
