"""State on disk: sealed bytes, Bytewax's store, the folder and what it belongs to."""
