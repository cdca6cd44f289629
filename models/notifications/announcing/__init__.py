"""Planned works and safety shut-offs, told before power is off: in stages, and on to others where nobody has got it."""
