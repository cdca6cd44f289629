"""Operators' commands: what each of them asks for, whether it can be had, and what it does."""
