"""Evidence to outages: `engine.py` runs `rules`, they change `state`, which `inference` weighs by `weights`."""
