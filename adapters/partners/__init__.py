"""Files for partners and regulators."""
