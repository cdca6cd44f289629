"""What opened and what has power: pure passes over arrays, most of them compiled."""
