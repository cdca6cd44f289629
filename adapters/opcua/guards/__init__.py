"""Whom we talk to, and how much we take of them: every refusal has words."""
