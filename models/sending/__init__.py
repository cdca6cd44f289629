"""Sending what customers are told: in which order, how fast, how often again. It knows no channel and no clock."""
