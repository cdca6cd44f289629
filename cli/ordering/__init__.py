"""Operators' commands, which several commands of the terminal send: what all of them take, and how they are given."""
