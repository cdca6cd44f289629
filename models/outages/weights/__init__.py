"""Rates, priors and tables as whole numbers."""
