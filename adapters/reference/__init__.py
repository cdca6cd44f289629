"""The reference pages, written from contracts, topics and metrics."""
