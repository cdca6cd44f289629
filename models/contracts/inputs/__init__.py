"""What comes in: one event a module, as producers must write it."""
