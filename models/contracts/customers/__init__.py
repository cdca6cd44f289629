"""What is exchanged about those who are told: accounts, and messages to them."""
