"""The policy of storms, from its file."""
