"""What comes from outside: accounts, receipts, and what contacts answer."""
