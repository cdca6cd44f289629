"""An OPC UA server that plays a storm's SCADA, for trying connectors: nothing real stands behind it."""
