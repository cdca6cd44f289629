"""Flows behind the outages, as one frame: a model, a declaration and its tests make one. It knows none of them."""
