"""Estimates of restoration outside of the engine: a history as CSV, learning from it by LightGBM, the table's file."""
