"""The ground: arrays in one file, texts in one array, look-ups by hash. Nothing of electricity."""
