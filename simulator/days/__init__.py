"""Good and bad days: what becomes of a storm's messages, by laws that the engine's model file does not know."""
