"""From values of a control system to reports about devices: what a connector knows without its protocol."""
