"""Records of topics in the order of their clock: what every flow behind the outages stands on. It knows no flow."""
