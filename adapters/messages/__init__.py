"""The file of a utility's words for customers."""
