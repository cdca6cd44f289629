"""What every flow shares: run, settings, state, watch. It knows no flow."""
