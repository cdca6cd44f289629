"""What may be known: batches of rows, the log's record, watermarks, the order of instants. It judges nothing."""
