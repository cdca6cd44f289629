"""What goes out: one event a module, as consumers may rely on it."""
