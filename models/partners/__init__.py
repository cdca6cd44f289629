"""Outages for partners and regulators: what may leave the utility, in the terms of IEC 61968-3."""
