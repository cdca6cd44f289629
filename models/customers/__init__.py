"""How each customer stands, from the ledger and the life cycle of outages."""
