"""The graphs: thin Bytewax shells, a folder a flow, and `service` for what they share. Rules stand in `models`."""
