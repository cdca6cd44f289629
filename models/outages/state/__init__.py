"""Outages, who owns which usage point, what is known of a partition. It decides nothing."""
