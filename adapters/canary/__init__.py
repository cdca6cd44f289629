"""Making outages on canary zones over Kafka, and measuring what becomes of them."""
