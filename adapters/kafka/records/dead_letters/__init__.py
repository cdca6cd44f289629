"""Dead letters: how one is written, read again, and which have been played once more."""
