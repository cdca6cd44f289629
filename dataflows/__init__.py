"""The graphs: thin Bytewax shells, a file a flow."""
