"""An invented electric utility; begin with `generate.py`."""
