"""Losses of several sources at once: outages at the heads of zones that began together, in whichever partitions."""
