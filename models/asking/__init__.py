"""Whom to ask whether power is back, so that the fewest questions settle the most doubt."""
