"""Records over a way that leads out only: by UDP, or by files that a data diode moves."""
