"""How a cluster is reached: settings, their faults, secrets in files, the client's log."""
