"""The score: what a replay said, measured against what really happened. Start with `score.py`."""
