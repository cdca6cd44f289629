"""Restorations: which usage points each record speaks for, and whether they had power by then."""
