"""The compiled network on disk: written once, mapped into memory, kept in the user's cache."""
