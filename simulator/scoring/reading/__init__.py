"""What is judged and what it is judged by: truth, input and output of a replay, in columns."""
