"""OPC UA (IEC 62541) as a client that only reads: nothing here writes, and no method is called but ConditionRefresh."""
