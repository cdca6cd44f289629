"""The outside: one folder a system, and the only code that reads or writes it."""
