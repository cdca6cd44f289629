"""Both flows composed in one process, over files."""
