"""When a storm is over: jobs and crews, simulated again and again from what outages and crews say."""
