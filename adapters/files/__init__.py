"""Topics as files: one file of JSON lines a topic, read with their place and written so that a crash shows nowhere."""
