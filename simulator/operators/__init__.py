"""Operators in a control room: they see what the engine publishes, and order; some of it is late, wrong or garbage."""
