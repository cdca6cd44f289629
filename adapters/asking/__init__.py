"""Files of whom to ask."""
